import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./code-blocks.ts";

/** The README's page for browsers, up to where it has a backend. */
function backendChoice(): string {
  const block = /## In a browser\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(
    readFileSync(join(ROOT, "README.md"), "utf8"),
  )?.[1];
  const lines = block?.split("\n") ?? [];
  const last = lines.findIndex((line) => line.includes("tf.setBackend("));
  if (last === -1) throw new Error("The README's block chooses no backend.");
  return lines.slice(0, last + 1).join("\n");
}

/** The backend that the block ends with; WebGL, which Node has not, is played by the cpu backend. */
function chosenBackend(before: string): string {
  const webgl = 'import "@tensorflow/tfjs-backend-cpu";\ntf.registerBackend("webgl", tf.findBackendFactory("cpu"));';
  const choice = backendChoice().replace('import "@tensorflow/tfjs-backend-webgl";', `${webgl}\n${before}`);
  expect(choice).toContain(webgl);
  const program = `${choice}\nconsole.log(tf.getBackend());`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

test.each([
  ["has no WebGPU at all", ""],
  [
    "has WebGPU and no adapter",
    'tf.registerBackend("webgpu", async () => { throw new Error("There is no adapter."); }, 3);',
  ],
])("the README's block takes WebGL where the browser %s", (_, before) => {
  expect(chosenBackend(before)).toBe("webgl\n");
});

test("the README's block takes WebGPU where the browser has it", () => {
  expect(chosenBackend('tf.registerBackend("webgpu", tf.findBackendFactory("cpu"), 3);')).toBe("webgpu\n");
});
