import { existsSync, readdirSync, rmSync } from "node:fs";
import { expect } from "vitest";
import { withFaults } from "./failing-file-system.ts";
import { runInProcess } from "./program-in-process.ts";
import { runContent } from "./run-content.ts";
import { WorkingFolder } from "./working-folder.ts";

/** What the system may say to a call, in turn. */
const CODES = ["EIO", "ENOSPC", "EMFILE"];

/** A small project: a frozen encoder, some videos, one of them without a file. */
async function smallProject(): Promise<WorkingFolder> {
  const folder = new WorkingFolder();
  folder.makePathsAbsolute();
  // Every section reads this list.
  const rows = folder.read("datasets/val.txt").split("\n").slice(0, 4);
  folder.write("datasets/val.txt", `${rows.join("\n")}\nmissing.mp4\tno file\t${rows[0]?.split("\t")[2]}\n`);
  // A folder of ours has few files to read.
  const save = ["--save-only", "--save-inference-model", folder.at("ours"), "--backend", "cpu"];
  const checkpoint = ["--config", folder.at("conf.txt"), "--checkpoint", folder.at("checkpoints_save")];
  expect(await runInProcess(["evaluate", ...checkpoint, ...save])).toMatchObject({ code: 0 });
  return folder;
}

/**
 * Runs a command as often as it calls the file system, and makes another call fail each time. However it ends, it says so
 * in sentences, leaves nothing half done, and done again or gone on with it comes to what it comes to without faults.
 *
 * @returns how many calls a run makes, how many faults ended one, and how many were overcome by another try
 */
export async function everyCallFailsOnce(
  command: "train" | "predict",
  { stride, offset }: { readonly stride: number; readonly offset: number },
): Promise<{ readonly calls: number; readonly failed: number; readonly wentWell: number }> {
  const folder = await smallProject();
  const output = folder.at("out");
  const words = [command, "--config", folder.at("conf.txt"), "--checkpoint", folder.at("ours"), "--backend", "cpu"];
  if (command === "train") words.push("--epochs", "2", "--save-steps", "1");
  const content = () => (command === "train" ? runContent(output) : existsSync(output) && folder.read("out"));
  const begin = [...words, "--output", output];

  const { result, operations } = await withFaults(
    folder.path,
    () => undefined,
    () => runInProcess(begin),
  );
  expect(result.code).toBe(0);
  const expected = content();
  const [calls, counts] = [operations.length, { failed: 0, wentWell: 0 }];
  for (let place = offset; place < calls; place += stride) {
    rmSync(output, { recursive: true });
    const code = CODES[place % CODES.length] as string;
    const { result: ended } = await withFaults(
      folder.path,
      ({ index }) => (index === place ? code : undefined),
      () => runInProcess(begin),
    );
    const call = `${code} from call ${place}, ${operations[place]?.name} ${operations[place]?.path}: ${ended.stderr}`;
    expect(ended.stderr, call).not.toMatch(/^ {4}at /m);
    if (ended.code === 0) counts.wentWell++;
    else {
      counts.failed++;
      expect(ended.code, call).toBe(1);
      expect(ended.stderr.trimEnd(), call).toMatch(/[^\n]+\.$/);
      if (command === "predict") expect(content(), call).toSatisfy((now) => now === false || now === expected);
      const isBegun = command === "train" && existsSync(`${output}/run.json`);
      const again = isBegun ? ["train", "--resume", output, "--backend", "cpu"] : begin;
      expect(await runInProcess(again), call).toMatchObject({ code: 0 });
    }
    expect(content(), call).toEqual(expected);
    const left = readdirSync(folder.path, { recursive: true }).filter((name) => /\.tmp$|run\.lock$/.test(String(name)));
    expect(left, call).toEqual([]);
  }
  return { calls, ...counts };
}
