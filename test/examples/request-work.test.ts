import { expect, test } from "vitest";
import { DEFAULT_LIMITS, requestWork } from "../../examples/service/request-work.ts";
import { smallConfig } from "../support/small-tagger.ts";

const ORIGINAL = { image: { size: 2048, units: 512 }, audio: { size: 128, units: 128 } };
const DEMO = { image: { size: 32, units: 24 }, audio: { size: 16, units: 16 } };

function workOf(sizes: typeof ORIGINAL, image: number, audio: number): number {
  const rows = (count: number, size: number) => ({ rows: count, size, data: new Float32Array() });
  const video = { rows: { image: rows(image, sizes.image.size), audio: rows(audio, sizes.audio.size) } };
  return requestWork(smallConfig(sizes), video, DEFAULT_LIMITS);
}

test.each([
  // Files of less than 8 MB, of one byte per value, that a limit in bytes let pass.
  [
    "60,000 rows of sound",
    ORIGINAL,
    1,
    60_000,
    "1901 image rows or 22795 audio rows. Got 1 image row and 60000 audio rows",
  ],
  [
    "261,000 narrow rows",
    DEMO,
    261_000,
    1,
    "119837 image rows or 182361 audio rows. Got 261000 image rows and 1 audio row",
  ],
])("%s are too much", (_, sizes, image, audio, sentence) => {
  expect(() => workOf(sizes, image, audio)).toThrow(`A video may be as much work as ${sentence}. Send every 3rd row.`);
});

test("25 minutes of the original's pictures are not, and five are short", () => {
  expect(workOf(ORIGINAL, 1500, 1500)).toBeLessThan(1);
  expect(workOf(ORIGINAL, 150, 300)).toBeLessThan(0.1);
  expect(workOf(DEMO, 0, 0)).toBe(0);
});
