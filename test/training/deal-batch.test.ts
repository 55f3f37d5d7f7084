import fc from "fast-check";
import { expect, test } from "vitest";
import { dealBatch } from "../../src/training/deal-batch.ts";
import { SMALL_CONFIG } from "../support/small-tagger.ts";

const rows = (count: number, size: number) => ({ rows: count, size, data: new Float32Array(count * size) });

function batchOf(lengths: readonly number[]) {
  const videos = lengths.map((length, index) => ({ video: `v${index}`, classes: [index], image: rows(length, 3) }));
  return { step: 4, videos };
}

/** The smallest largest cost of all ways to cut a list into at most so many ranges. */
function bestCost(sorted: readonly number[], ranges: number): number {
  if (sorted.length === 0) return 0;
  if (ranges === 0) return Number.POSITIVE_INFINITY;
  const ways = sorted.map((_, index) =>
    Math.max((sorted[0] as number) * (index + 1), bestCost(sorted.slice(index + 1), ranges - 1)),
  );
  return Math.min(...ways);
}

test("deals every video once, in shares whose largest cost is the smallest possible", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 5 }),
      (lengths, count) => {
        const shares = dealBatch(batchOf(lengths), { ...SMALL_CONFIG, audio: undefined } as never, count);
        expect(shares.flatMap(({ places }) => places).sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        expect(shares.length).toBeLessThanOrEqual(count);
        for (const { batch, places } of shares) {
          expect(batch.step).toBe(4);
          expect(batch.videos.map(({ video }) => video)).toEqual(places.map((place) => `v${place}`));
          expect(places.length).toBeGreaterThan(0);
        }
        // An image row of 3 values in 2 units costs 10 multiplications, a video one more.
        const cost = (length: number) => 10 * length + 1;
        const largest = Math.max(
          ...shares.map(({ places }) => {
            return places.length * Math.max(...places.map((place) => cost(lengths[place] as number)));
          }),
        );
        expect(largest).toBe(
          bestCost(
            lengths.map(cost).sort((a, b) => b - a),
            count,
          ),
        );
      },
    ),
  );
});

test("gives each share the weights of its own videos", () => {
  const weights = { classWeights: [1, 2, 3, 4, 5], videoWeights: [10, 11, 12], knownClasses: [[0], undefined, [2]] };
  const shares = dealBatch({ ...batchOf([1, 9, 9]), weights }, SMALL_CONFIG, 2);
  expect(shares.map(({ places }) => places)).toEqual([[1], [2, 0]]);
  expect(shares.map(({ batch }) => batch.weights)).toEqual([
    { classWeights: [1, 2, 3, 4, 5], videoWeights: [11], knownClasses: [undefined] },
    { classWeights: [1, 2, 3, 4, 5], videoWeights: [12, 10], knownClasses: [[2], [0]] },
  ]);
});
