import { expect, test } from "vitest";
import { writeFeatureFile } from "../../src/formats/pickle/feature-file-writer.ts";
import { WorkingFolder } from "../support/working-folder.ts";

/** More rows than a training step or a prediction of the small model takes at once. */
const ROWS = 800_000;

function folderWithLongVideo(): WorkingFolder {
  const folder = new WorkingFolder();
  const image = { rows: ROWS, size: 12, data: new Float32Array(ROWS * 12).map((_, index) => (index % 7) - 3) };
  const audio = { rows: 2, size: 9, data: new Float32Array(18) };
  folder.write("datasets/feature_files/vid_003.pkl", writeFeatureFile({ video: "vid_003.mp4", image, audio }));
  return folder;
}

test("a video that is far too long takes nothing from the others of its batch", async () => {
  const folder = folderWithLongVideo();
  const predict = ["predict", "--config", "conf.txt", "--checkpoint", "checkpoints_save", "--output"];
  expect(await folder.run(...predict, "pieces.json")).toMatchObject({ code: 0 });
  expect(await folder.run(...predict, "sampled.json", "--max-rows", "100")).toMatchObject({ code: 0 });
  const [pieces, sampled] = ["pieces.json", "sampled.json"].map((file) => JSON.parse(folder.read(file)));
  expect(pieces.length).toBe(23);
  expect(pieces[3].sampledFrom).toBeUndefined();
  expect(sampled[3].sampledFrom).toEqual({ image: ROWS });
  expect(sampled.toSpliced(3, 1)).toEqual(pieces.toSpliced(3, 1));
});

test("a training with such a video samples its rows, and measures all of them", { tags: ["slow"] }, async () => {
  const folder = folderWithLongVideo();
  const { code, stderr } = await folder.run("train", "--config", "conf.txt", "--epochs", "1", "--output", "run");
  expect(code, stderr).toBe(0);
  const sampled = new RegExp(`vid_003\\.mp4: ${ROWS} rows of image; \\d+ of them are used, evenly sampled\\.`);
  expect(folder.read("run/warnings.txt")).toMatch(sampled);
});
