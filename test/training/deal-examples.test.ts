import fc from "fast-check";
import { expect, test } from "vitest";
import { dealExamples } from "../../src/training/deal-examples.ts";

test("deals every example once, in shares of like size and like cost", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 5 }),
      (costs, count) => {
        const shares = dealExamples(costs, count);
        expect(shares.flat().sort((a, b) => a - b)).toEqual([...costs.keys()]);
        expect(shares.length).toBe(Math.min(count, costs.length));
        const sizes = shares.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const sums = shares.map((places) => places.reduce((sum, place) => sum + (costs[place] as number), 0));
        expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(Math.max(...costs));
      },
    ),
  );
});

test("deals forth and back, the costliest first", () => {
  expect(dealExamples([1, 9, 9], 2)).toEqual([[1], [2, 0]]);
});
