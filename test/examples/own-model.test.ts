import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Runs the example in a folder of its own, and gives the lines that it prints. */
async function run(folder: string, epochs: number): Promise<string[]> {
  const program = ["tsx", "examples/own-model/train.ts", folder, String(epochs)];
  const { stdout, stderr } = await promisify(execFile)("npx", program);
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

test("a model of one's own, trained with two workers, goes on where it stopped, bit for bit", async () => {
  const [broken, unbroken] = [join(temporaryFolder(), "state"), join(temporaryFolder(), "state")];
  const [first, rest] = [await run(broken, 1), await run(broken, 3)];
  const whole = await run(unbroken, 3);
  expect(whole.length).toBe(4);
  expect([...first.slice(0, -1), ...rest]).toEqual(whole);
});
