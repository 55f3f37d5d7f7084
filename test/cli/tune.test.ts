import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { resultOf, startProgram } from "../support/program.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

interface Prediction {
  readonly video_id: string;
  readonly labels: readonly (readonly [string, number])[];
}

describe("tune", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(() => {
    folder = new WorkingFolder(whenOver);
  });
  const tune = (output: string, ...more: readonly string[]) =>
    folder.run("tune", "--config", "conf.txt", "--checkpoint", "checkpoints_save", "--output", output, ...more);
  const predict = async (checkpoint: string, ...more: readonly string[]): Promise<Prediction[]> => {
    const words = ["predict", "--config", "conf.txt", "--checkpoint", checkpoint, "--output", "out.json", "--quiet"];
    expect(await folder.run(...words, ...more)).toEqual({ code: 0, stdout: "", stderr: "" });
    return JSON.parse(folder.read("out.json")) as Prediction[];
  };

  test("leaves a checkpoint with a threshold a label, which predict uses unless it is told another", async () => {
    const { code, stderr } = await tune("tuned");
    expect(code).toBe(0);
    const figures = /F1 ([\d.]+) %/;
    const [before, after] = stderr.split("\n").map((line) => Number(line.match(figures)?.[1]));
    expect(after).toBeGreaterThan(before as number);
    const { labels, threshold } = JSON.parse(readFileSync(folder.at("tuned/tagger.json"), "utf8"));
    const thresholds = new Map<string, number>(labels.map((label: string, index: number) => [label, threshold[index]]));
    expect(thresholds.size).toBe(12);

    const all = await predict("tuned", "--threshold", "0");
    const chosen = all.map(({ labels, ...video }) => {
      return { ...video, labels: labels.filter(([label, score]) => score >= (thresholds.get(label) as number)) };
    });
    expect(await predict("tuned")).toEqual(chosen);
    expect(chosen).not.toEqual(await predict("checkpoints_save"));
    expect(all).toEqual(await predict("checkpoints_save", "--threshold", "0"));
  });

  test("calibrates scores, which keeps each label's order and lowers the calibration error", async () => {
    const plain = await predict("checkpoints_save", "--threshold", "0");
    for (const kind of ["temperature", "platt"]) {
      const { code, stderr } = await tune(kind, "--calibrate", kind, "--precision", "0.9");
      expect(code).toBe(0);
      const [before, after] = stderr.split("\n").map((line) => Number(line.match(/calibration error ([\d.]+)/)?.[1]));
      expect(after).toBeLessThan(before as number);
      const calibrated = await predict(kind, "--threshold", "0");
      expect(calibrated).not.toEqual(plain);
      // A temperature below or above 1 moves all logits away from 0 or towards it: none crosses it.
      if (kind === "platt") continue;
      const sides = (predictions: Prediction[]) => predictions.flatMap((each) => each.labels.map(([, p]) => p > 0.5));
      expect(sides(calibrated)).toEqual(sides(plain));
    }
  });

  test("refuses a precision that is none, and a kind of calibration that it does not know", async () => {
    expect((await tune("x", "--precision", "2")).code).toBe(2);
    const program = await resultOf(startProgram(folder.path, ["tune", "--calibrate", "magic"]));
    expect(program).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Allowed choices are temperature, platt."),
    });
  });
});
