import fc from "fast-check";
import { expect, test } from "vitest";
import { dealBatch } from "../../src/training/deal-batch.ts";
import { SMALL_CONFIG } from "../support/small-tagger.ts";

const rows = (count: number, size: number) => ({ rows: count, size, data: new Float32Array(count * size) });

function batchOf(lengths: readonly number[]) {
  const videos = lengths.map((length, index) => ({ video: `v${index}`, classes: [index], image: rows(length, 3) }));
  return { step: 4, videos };
}

test("deals every video once, in shares of like size and like cost", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 5 }),
      (lengths, count) => {
        const shares = dealBatch(batchOf(lengths), { ...SMALL_CONFIG, audio: undefined } as never, count);
        expect(shares.flatMap(({ places }) => places).sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        expect(shares.length).toBe(Math.min(count, lengths.length));
        for (const { batch, places } of shares) {
          expect(batch.step).toBe(4);
          expect(batch.videos.map(({ video }) => video)).toEqual(places.map((place) => `v${place}`));
        }
        const sizes = shares.map(({ places }) => places.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // An image row of 3 values in 2 units costs 10 multiplications, a video one more.
        const costs = shares.map(({ places }) =>
          places.reduce((sum, place) => sum + 10 * (lengths[place] as number) + 1, 0),
        );
        expect(Math.max(...costs) - Math.min(...costs)).toBeLessThanOrEqual(10 * Math.max(...lengths) + 1);
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
