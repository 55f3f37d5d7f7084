import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PaddlePrediction } from "../../src/paddle/paddle-prediction.ts";
import { partialName, writePredictions } from "../../src/project/write-predictions.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function* oneByOne(predictions: readonly PaddlePrediction[]): AsyncGenerator<PaddlePrediction> {
  yield* predictions;
}

test("writes what the original writes, byte for byte, when the numbers are the same", async () => {
  const golden = readFileSync(goldenPath("end-to-end/expected/predictions.json"), "utf8");
  const file = join(temporaryFolder(), "predictions.json");
  const predictions = JSON.parse(golden) as PaddlePrediction[];
  expect(await writePredictions(file, oneByOne(predictions))).toBe(predictions.length);
  expect(readFileSync(file, "utf8")).toBe(golden);
});

test("writes what text may hold so that it comes back", async () => {
  const file = join(temporaryFolder(), "predictions.json");
  const predictions: PaddlePrediction[] = [
    { video_id: 'a "quoted"\nname 😀\u2028', labels: [["a\\b", 1e-7]], file_name: "\t" },
    { video_id: "", labels: [], file_name: "b" },
  ];
  await writePredictions(file, oneByOne(predictions));
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(predictions);
});

test("writes an empty list for no videos", async () => {
  const file = join(temporaryFolder(), "predictions.json");
  expect(await writePredictions(file, oneByOne([]))).toBe(0);
  expect(readFileSync(file, "utf8")).toBe("[]");
});

test("leaves the file that was there when predicting fails, and keeps what was predicted before beside it", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "predictions.json");
  writeFileSync(file, "old");
  async function* failing(): AsyncGenerator<PaddlePrediction> {
    yield { video_id: "a", labels: [], file_name: "a.mp4" };
    throw new Error("the second video is too much");
  }
  await expect(writePredictions(file, failing())).rejects.toThrow("the second video is too much");
  expect(readdirSync(folder)).toEqual(["predictions.json", "predictions.json.partial"]);
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(JSON.parse(readFileSync(partialName(file), "utf8"))).toEqual([
    { video_id: "a", labels: [], file_name: "a.mp4" },
  ]);
});
