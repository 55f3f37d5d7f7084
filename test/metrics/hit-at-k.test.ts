import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HitAtK } from "../../src/metrics/hit-at-k.ts";

interface GoldenCase {
  readonly scores: number[][];
  readonly labels: number[][];
  readonly hit_at_k: Record<string, number>;
}

const cases = JSON.parse(
  readFileSync(new URL("../fixtures/golden/metrics.json", import.meta.url), "utf8"),
) as GoldenCase[];

test.each(cases.map((golden, index) => [index, golden] as const))(
  "gives the reference's Hit@k of golden case %i",
  (_, golden) => {
    const ks = Object.keys(golden.hit_at_k).map(Number);
    const metric = new HitAtK(ks);
    for (const [video, scores] of golden.scores.entries()) metric.add(scores, golden.labels[video] as number[]);
    expect(Object.fromEntries(metric.result())).toEqual(golden.hit_at_k);
    expect(metric.videos).toBe(golden.scores.length);
  },
);

test("is what sorting gives, for any k and with ties", () => {
  const videos = fc.integer({ min: 1, max: 15 }).chain((numClasses) =>
    fc.array(
      fc.record({
        scores: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: numClasses, maxLength: numClasses }),
        labels: fc.uniqueArray(fc.nat({ max: numClasses - 1 })),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  );
  fc.assert(
    fc.property(videos, fc.integer({ min: 1, max: 20 }), (samples, k) => {
      const metric = new HitAtK([k]);
      let hits = 0;
      for (const { scores, labels } of samples) {
        metric.add(Float32Array.from(scores), labels);
        const ranked = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
        if (ranked.slice(0, k).some((label) => labels.includes(label))) hits++;
      }
      expect(metric.result().get(k)).toBe(hits / samples.length);
    }),
  );
});

test("says which video and class cannot be ranked", () => {
  const metric = new HitAtK([1]);
  metric.add([0.5, 0.1], [0]);
  expect(() => metric.add([0.5, Number.NaN], [0])).toThrow("HitAtK: video 1 has the score NaN for class 1.");
  expect(() => metric.add([0.5, 0.1], [2])).toThrow("HitAtK: video 1 has the true class 2, but 2 scores.");
  expect(() => new HitAtK([0])).toThrow("HitAtK: k must be a whole number of 1 or more. Got 0.");
  expect(metric.result()).toEqual(new Map([[1, 1]]));
});
