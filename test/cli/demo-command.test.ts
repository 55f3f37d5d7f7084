import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PaddlePrediction } from "../../src/paddle/paddle-prediction.ts";
import { evaluationOf } from "../support/evaluation-json.ts";
import { runProgram } from "../support/program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DEMO = ["demo", "--videos", "60", "--epochs", "1"];
const BARS = "▁▂▃▄▅▆▇█";

function tableIn(stdout: string): Map<string, number[]> {
  const rows = [...stdout.matchAll(/^(self|text-guided) {2,}(.*)$/gm)];
  return new Map(
    rows.map(([, name, cells]) => [
      name as string,
      [...(cells as string).matchAll(/([\d.]+) %/g)].map(([, n]) => Number(n)),
    ]),
  );
}

test("the demo makes its data, compares two models, predicts, and shows where they looked - twice the same", async () => {
  const folder = temporaryFolder();
  const first = await runProgram(folder, ...DEMO);
  expect(first.code).toBe(0);
  expect(first.stderr.split("\n")).toEqual([
    "Training with self-attention:",
    expect.stringMatching(/^epoch 1\/1: loss .* \(best so far\)$/),
    "Warning: 1 of 24 labels has no training video: house cat/night/loud.",
    "Training with text-guided attention:",
    expect.stringMatching(/^epoch 1\/1: loss .* \(best so far\)$/),
    "Warning: 1 of 24 labels has no training video: house cat/night/loud.",
    "What the model does well and badly: demo/text-guided/report.html",
    "Next: multimodal-video-tag compare demo/self demo/text-guided",
    "",
  ]);
  expect(first.stdout).toMatch(/^demo: 60 training videos, 30 validation videos, in the files of the original\.\n/);
  expect(first.stdout).toMatch(/^ {2,}Hit@1 {2,}Hit@2 {2,}Hit@3 {2,}Hit@5$/m);

  // Three videos, each with its title, its labels, and a bar and a mark for every row of features.
  const videos = first.stdout.split(/\n(?=val_\d{4}\.mp4 ")/).slice(1);
  expect(videos).toHaveLength(3);
  const labels = readFileSync(join(folder, "demo/datasets/class.txt"), "utf8").trim().split("\n");
  const list = readFileSync(join(folder, "demo/datasets/val.txt"), "utf8").split("\n");
  for (const [index, video] of videos.entries()) {
    const [, title, trueLabels] = (list[index] as string).split("\t");
    expect(video.split("\n")[0]).toBe(`val_000${index}.mp4 "${title}"`);
    expect(/^ {2}true {7}(.*)$/m.exec(video)?.[1]?.split(", ")).toEqual(trueLabels?.split(","));
    expect(video).toMatch(/^ {2}predicted {2}(nothing|.+ 0\.\d\d)$/m);
    const [, bars, marks] = /^ {2}image {6}(\S+) {2}[\d.]+ % on rows of labels\n {13}([Ld.]+)$/m.exec(video) ?? [];
    expect([...(bars ?? "")].every((bar) => BARS.includes(bar))).toBe(true);
    expect(bars).toContain("█");
    expect([...(bars ?? "")]).toHaveLength(marks?.length as number);
    expect(video).toMatch(/^ {2}audio {6}(none|\S+ {2}[\d.]+ % on rows of labels)$/m);
  }

  expect(readdirSync(join(folder, "demo")).sort()).toEqual([
    "conf-self.txt",
    "conf-text-guided.txt",
    "datasets",
    "model_pretrained",
    "predictions.json",
    "self",
    "text-guided",
  ]);
  const file = join(folder, "demo/predictions.json");
  const predictions = JSON.parse(readFileSync(file, "utf8")) as PaddlePrediction[];
  expect(predictions).toHaveLength(30);
  expect(
    predictions.flatMap(({ labels }) => labels.map(([label]) => label)).every((label) => labels.includes(label)),
  ).toBe(true);

  // The table says what evaluate says.
  const table = tableIn(first.stdout);
  for (const name of ["self", "text-guided"]) {
    const words = ["--config", `demo/conf-${name}.txt`, "--checkpoint", `demo/${name}/last`, "--json"];
    const { hitAtK } = evaluationOf(await runProgram(folder, "evaluate", ...words));
    expect(table.get(name)).toEqual(Object.values(hitAtK).map((share) => Number((100 * share).toFixed(1))));
  }

  // What it tells to type next works.
  const next = /^Next: multimodal-video-tag (.*)$/m.exec(first.stderr)?.[1]?.split(" ") ?? [];
  expect(await runProgram(folder, ...next)).toMatchObject({ code: 0, stderr: "" });

  expect(await runProgram(folder, ...DEMO)).toEqual(first);
});

test("the demo touches no folder that holds anything of someone else's", async () => {
  const folder = temporaryFolder();
  const own = "tiny 50% 演示";
  const words = ["demo", "--output", own, "--videos", "4", "--epochs", "1", "--world", "7"];
  expect((await runProgram(folder, ...words)).code).toBe(0);
  writeFileSync(join(folder, own, "thesis.doc"), "years of work");
  const refusal = (example: string) => ({
    code: 1,
    stdout: "",
    stderr: `${own}: it holds what no demo made, such as ${example}. Choose another folder.\n`,
  });
  expect(await runProgram(folder, ...words)).toEqual(refusal("thesis.doc"));
  expect(existsSync(join(folder, own, "thesis.doc"))).toBe(true);
  expect(existsSync(join(folder, own, "predictions.json"))).toBe(true);
});

test("a folder that merely has a name of the demo's is someone else's", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "datasets"));
  expect(await runProgram(folder, "demo", "--output", ".")).toEqual({
    code: 1,
    stdout: "",
    stderr: ".: it holds what no demo made, such as datasets. Choose another folder.\n",
  });
  expect(readdirSync(folder)).toEqual(["datasets"]);
});
