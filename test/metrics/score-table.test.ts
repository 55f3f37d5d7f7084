import fc from "fast-check";
import { expect, test } from "vitest";
import { ScoreTable } from "../../src/metrics/index.ts";

test("gives back every score exactly, by video and by class, over the borders of its chunks", () => {
  // Chunks of this many classes hold two videos.
  const numClasses = 30_000;
  const row = fc.record({
    value: fc.oneof(fc.constantFrom(0.1, 1 / 3, 1e-300, -0), fc.float({ noNaN: true })),
    at: fc.nat({ max: numClasses - 1 }),
    single: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
      const table = new ScoreTable(numClasses);
      const expected = rows.map(({ value, at, single }) => {
        const scores = new (single ? Float32Array : Float64Array)(numClasses).fill(0.5);
        scores[at] = value;
        table.add(scores, [at]);
        const kept = Float64Array.from(scores);
        scores.fill(7);
        return { scores: kept, trueClasses: [at] };
      });
      expect(table.videos).toBe(rows.length);
      expect([...table].map(({ trueClasses }) => trueClasses)).toEqual(rows.map(({ at }) => [at]));
      for (const [index, { scores }] of [...table].entries()) {
        const same = (expected[index] as { scores: Float64Array }).scores.every((score, at) =>
          Object.is(score, scores[at]),
        );
        expect(same, `video ${index}`).toBe(true);
      }
      const { at } = rows[0] as { at: number };
      const column = table.column(at);
      expect([...column.scores]).toEqual(expected.map(({ scores }) => scores[at]));
      expect([...column.truths]).toEqual(rows.map((other) => (other.at === at ? 1 : 0)));
    }),
    { numRuns: 30 },
  );
});

test("keeps float32 scores in four bytes, whatever array they come in", () => {
  const table = new ScoreTable(2);
  table.add([0.5, 0.25], [0]);
  expect(table.video(0).scores).toBeInstanceOf(Float32Array);
  table.add([0.5, 0.1], [0]);
  expect(table.video(0).scores).toBeInstanceOf(Float64Array);
  expect([...table].map(({ scores }) => Array.from(scores))).toEqual([
    [0.5, 0.25],
    [0.5, 0.1],
  ]);
});
