import { expect, test } from "vitest";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import { multimodalVideoTagOf } from "../../src/models/presets.ts";
import { MEMORY_BUDGET } from "../../src/tagging/memory-budget.ts";
import { predictedMemory, type VideoLength } from "../../src/tagging/predicted-memory.ts";

/** The original's sizes. */
const CONFIG = multimodalVideoTagOf({
  image: { size: 2048, units: 512 },
  audio: { size: 128, units: 128 },
  isTextGuided: false,
  numClasses: 110,
  head: "sigmoid",
  dropoutRate: 0.5,
});

/** 63 videos of 20 rows and one of many. */
function videosWith(rows: number): VideoLength[] {
  const lengths = [...new Array<number>(63).fill(20), rows];
  return lengths.map((length) => ({ rows: { image: length, audio: length }, bytes: length * (2048 + 128) * 4 }));
}

function megabytes(rows: number, pass: "training" | "prediction", maxRows: number): number {
  const limit = { config: CONFIG, budget: MEMORY_BUDGET, poolings: POOLINGS, tokens: {}, pass, batchSize: 64, maxRows };
  return predictedMemory(videosWith(rows), limit) / 1e6;
}

// What was measured, less what the program takes without them: docs/reliability.md.
test.each([
  [300, "training", 967],
  [1500, "training", 925],
  [300, "prediction", 549],
  [1500, "prediction", 539],
] as const)("with %d rows, %s: near to the %d MB that were measured", (rows, pass, measured) => {
  const predicted = megabytes(rows, pass, Number.POSITIVE_INFINITY);
  expect(predicted / measured).toBeGreaterThan(0.95);
  expect(predicted / measured).toBeLessThan(1.3);
});

test("rows beyond what is sampled or taken at a time cost their features, and a state each in prediction", () => {
  const [short, long] = [400_000, 500_000];
  const ofFeatures = ((long - short) * (2048 + 128) * 4) / 1e6;
  const ofStates = ((long - short) * 512 * 4) / 1e6;
  const growth = (pass: "training" | "prediction", maxRows: number) =>
    megabytes(long, pass, maxRows) - megabytes(short, pass, maxRows);
  expect(growth("training", 4000)).toBeCloseTo(2 * ofFeatures, 3);
  expect(growth("prediction", Number.POSITIVE_INFINITY)).toBeCloseTo(2 * ofFeatures + ofStates, 3);
});

test("very many videos are no matter", () => {
  const limit = {
    config: CONFIG,
    budget: MEMORY_BUDGET,
    poolings: POOLINGS,
    tokens: {},
    pass: "training",
    batchSize: 64,
  } as const;
  const videos = new Array<VideoLength>(200_000).fill({ rows: { image: 20, audio: 20 }, bytes: 20 * 2176 * 4 });
  expect(predictedMemory(videos, { ...limit, maxRows: 4000 })).toBe(
    predictedMemory(videos.slice(0, 64), { ...limit, maxRows: 4000 }),
  );
});
