import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeRunScores } from "../../src/runs/run-scores.ts";
import { folderContent } from "../support/folder-content.ts";
import { runProgram } from "../support/program.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";

/** A run of videos v0, v1, ... whose one true label is hit or not. */
async function writeRun(folder: string, hits: readonly boolean[], bestEpoch: number): Promise<void> {
  const videos = hits.map((isHit, index) => {
    return { video: `v${index}`, title: "", classes: [1], scores: Float32Array.of(0.5, isHit ? 0.75 : 0.25) };
  });
  await writeRunScores(folder, { labels: ["a", "b"], videos });
  const valid = { loss: 1, videos: hits.length, hitAtK: { "1": 0.5 }, meanAveragePrecision: 0.5 };
  const lines = [1, 2, 3].map((epoch) => {
    return `${JSON.stringify({ epoch, learningRate: 1, loss: 1, valid, isBest: epoch <= bestEpoch })}\n`;
  });
  writeFileSync(join(folder, "metrics.jsonl"), lines.join(""));
}

describe("compare", () => {
  const whenOver = whenSuiteIsOver();
  let folder: string;
  beforeAll(async () => {
    folder = temporaryFolder(whenOver);
    await writeRun(join(folder, "self"), [true, false, false, false, false, false, false, false], 2);
    await writeRun(join(folder, "text-guided 猫"), [true, true, true, true, true, true, true, false], 3);
    await writeRun(join(folder, "longer"), [true, false, false, false, false, false, false, false, true, true], 1);
  });

  test("prints a table, and how sure the differences are", async () => {
    const before = folderContent(folder);
    const { code, stdout, stderr } = await runProgram(folder, "compare", "self", "text-guided 猫");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [header, self, guided, blank, measured, difference, ...rest] = stdout.split("\n");
    expect(header).toBe("run            best epoch   Hit@1  GAP@20     mAP");
    expect(self).toMatch(/^self {11} {9}2 {2}12\.5 % {2}0\.\d{4} {2}1\.0000$/);
    expect(guided).toMatch(/^text-guided 猫 {11}3 {2}87\.5 % {2}0\.\d{4} {2}1\.0000$/);
    expect([blank, measured, rest]).toEqual(["", "Measured on 8 videos that every run has scored.", [""]]);
    expect(difference).toMatch(
      /^text-guided 猫 against self: Hit@1 \+75\.0 points \(95 % interval \+\d\d\.\d to \+100\.0\); McNemar p = 0\.0313 \(6 videos hit by it alone, 0 by the other alone\)\.$/,
    );
    expect(folderContent(folder)).toEqual(before);
  });

  test("prints the same as JSON", async () => {
    const { code, stdout, stderr } = await runProgram(folder, "compare", "self", "longer", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      videos: 8,
      runs: [
        { run: "self", bestEpoch: 2, leftOut: 0, figures: { "Hit@1": 0.125, "GAP@20": expect.any(Number), mAP: 1 } },
        { run: "longer", bestEpoch: 1, leftOut: 2, figures: { "Hit@1": 0.125, "GAP@20": expect.any(Number), mAP: 1 } },
      ],
      differences: [
        {
          run: "longer",
          first: "self",
          hitAt1: { difference: 0, lower: 0, upper: 0 },
          onlyRun: 0,
          onlyFirst: 0,
          pValue: 1,
        },
      ],
    });
  });

  test("says how many videos it left out", async () => {
    const { stdout } = await runProgram(folder, "compare", "longer", "self");
    expect(stdout).toContain("Measured on 8 videos that every run has scored.\n");
    expect(stdout).toContain("Left out: 2 videos of longer that another run lacks.\n");
  });

  test("of a run that is damaged, or is none, is a sentence", async () => {
    const broken = join(folder, "broken");
    await writeRun(broken, [true], 1);
    writeFileSync(join(broken, "metrics.jsonl"), "{}\n");
    expect(await runProgram(folder, "compare", "self", "broken")).toEqual({
      code: 1,
      stdout: "",
      stderr: "broken/metrics.jsonl, line 1: expected the key epoch. Got none.\n",
    });
    rmSync(broken, { recursive: true });
    expect(await runProgram(folder, "compare", "self", "broken")).toEqual({
      code: 1,
      stdout: "",
      stderr: "broken/metrics.jsonl: there is no such file or folder.\n",
    });
  });
});
