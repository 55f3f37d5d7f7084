import fc from "fast-check";
import { expect, test } from "vitest";
import { findLabelMixUps, type LabelMixUp } from "../../src/report/label-mix-ups.ts";

const videos = [
  { classes: [0], scores: [0.9, 0.8, 0.1] }, // 1 in place of, or beside, 0
  { classes: [0], scores: [0.1, 0.5, 0.2] }, // the same; 0 is missed
  { classes: [0, 1], scores: [0.9, 0.9, 0.3] }, // both are true; 2 reaches its lower threshold
  { classes: [2], scores: [0.6, 0.1, 0.9] },
  { classes: [], scores: [0.9, 0.9, 0.9] },
];

/** The videos as thresholds decide. */
function decided(all: typeof videos, thresholds: readonly number[]) {
  return all.map(({ classes, scores }) => {
    return { classes, decisions: thresholds.map((threshold, index) => Number((scores[index] as number) >= threshold)) };
  });
}

test("a label is mixed up with those that are predicted where it is true and they are not", () => {
  expect(findLabelMixUps(decided(videos, [0.5, 0.5, 0.3]), 3, 10)).toEqual({
    pairs: [
      { present: 0, predicted: 1, videos: 2, of: 2 },
      { present: 1, predicted: 2, videos: 1, of: 1 },
      { present: 2, predicted: 0, videos: 1, of: 1 },
      { present: 0, predicted: 2, videos: 1, of: 3 },
    ],
    total: 4,
  });
});

test("rarer pairs are left out but counted", () => {
  const { pairs, total } = findLabelMixUps(decided(videos, [0.5, 0.5, 0.3]), 3, 1);
  expect({ pairs, total }).toEqual({ pairs: [{ present: 0, predicted: 1, videos: 2, of: 2 }], total: 4 });
});

test("no label is predicted wrongly: no pairs", () => {
  expect(findLabelMixUps([{ classes: [0], decisions: [1, 0] }], 2, 5)).toEqual({ pairs: [], total: 0 });
  expect(findLabelMixUps([], 1, 5)).toEqual({ pairs: [], total: 0 });
});

/** As the definition says it, pair by pair. */
function bruteForce(all: typeof videos, thresholds: readonly number[]): LabelMixUp[] {
  const labels = [...thresholds.keys()];
  const pairs = labels.flatMap((present) =>
    labels.map((predicted) => {
      const where = all.filter(({ classes }) => classes.includes(present) && !classes.includes(predicted));
      const wrong = where.filter(({ scores }) => (scores[predicted] as number) >= (thresholds[predicted] as number));
      return { present, predicted, videos: wrong.length, of: where.length };
    }),
  );
  return pairs
    .filter(({ videos: count }) => count > 0)
    .sort((a, b) => b.videos - a.videos || b.videos / b.of - a.videos / a.of);
}

test("any videos give what counting pair by pair gives, however many are listed", () => {
  const video = fc.record({
    classes: fc.subarray([0, 1, 2, 3, 4]),
    scores: fc.array(fc.constantFrom(0, 0.25, 0.5, 0.75), { minLength: 5, maxLength: 5 }),
  });
  const thresholds = fc.array(fc.constantFrom(0.25, 0.5), { minLength: 5, maxLength: 5 });
  const property = fc.property(fc.array(video, { maxLength: 30 }), thresholds, fc.nat(30), (all, limits, limit) => {
    const expected = bruteForce(all, limits);
    expect(findLabelMixUps(decided(all, limits), 5, limit + 1)).toEqual({
      pairs: expected.slice(0, limit + 1),
      total: expected.length,
    });
  });
  fc.assert(property, { numRuns: 500 });
});
