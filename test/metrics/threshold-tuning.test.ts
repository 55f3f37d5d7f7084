import fc from "fast-check";
import { expect, test } from "vitest";
import { heldOutThresholds, ScoreTable, type TunedThreshold, tuneThresholds } from "../../src/metrics/index.ts";
import { numberedCases, type ScikitLearnCase } from "../support/scikit-learn-metrics.ts";

function tableOf({ num_classes: numClasses, scores, labels }: ScikitLearnCase): ScoreTable {
  const table = new ScoreTable(numClasses);
  for (const [video, row] of scores.entries()) table.add(row, labels[video] as number[]);
  return table;
}

/** A score, or a ten-thousandth less; null stands for the fallback. */
function expectJustBelow(threshold: number, score: number | null): void {
  if (score === null) expect(threshold).toBe(0.33);
  else {
    expect(threshold).toBeLessThanOrEqual(score);
    expect(threshold).toBeGreaterThanOrEqual(score - 1.001e-4 * Math.abs(score));
  }
}

function expectThresholds(tuned: readonly TunedThreshold[], expected: readonly (number | null)[]): void {
  for (const [label, { threshold }] of tuned.entries()) expectJustBelow(threshold, expected[label] ?? null);
  expect(tuned.map((one) => one.tuned)).toEqual(expected.map((threshold) => threshold !== null));
}

test.each(numberedCases)("finds scikit-learn's thresholds, case %i", (_, golden) => {
  const table = tableOf(golden);
  expectThresholds(tuneThresholds(table, { kind: "best-f1" }, 0.33), golden.best_f1_thresholds);
  const goal = { kind: "precision", precision: 0.6 } as const;
  expectThresholds(tuneThresholds(table, goal, 0.33), golden["precision_0.6_thresholds"]);
});

const videos = fc.array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.boolean()), { minLength: 1, maxLength: 12 });

/** What a threshold gives, counted. */
function counted(samples: readonly (readonly [number, boolean])[], threshold: number) {
  const predicted = samples.filter(([score]) => score >= threshold).length;
  const correct = samples.filter(([score, positive]) => positive && score >= threshold).length;
  const support = samples.filter(([, positive]) => positive).length;
  const precision = predicted === 0 ? 0 : correct / predicted;
  const recall = support === 0 ? 0 : correct / support;
  const f1 = predicted + support === 0 ? 0 : (2 * correct) / (predicted + support);
  return { support, predicted, correct, precision, recall, f1 };
}

function oneClass(samples: readonly (readonly [number, boolean])[]): ScoreTable {
  const table = new ScoreTable(1);
  for (const [score, positive] of samples) table.add([score], positive ? [0] : []);
  return table;
}

test("no threshold at all has a better F1, and the figures are those of the threshold", () => {
  fc.assert(
    fc.property(videos, (samples) => {
      const [best] = tuneThresholds(oneClass(samples), { kind: "best-f1" });
      const { threshold, tuned, ...figures } = best as TunedThreshold;
      expect(tuned).toBe(samples.some(([, positive]) => positive));
      expect(figures).toEqual(counted(samples, threshold));
      if (!tuned) {
        expect(threshold).toBe(0.5);
        return;
      }
      for (const other of [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5]) {
        const { f1 } = counted(samples, other);
        expect(f1 < figures.f1 || (f1 === figures.f1 && other <= Math.ceil(threshold)) || f1 === 0).toBe(true);
      }
    }),
  );
});

test("no threshold of the wanted precision finds more", () => {
  fc.assert(
    fc.property(videos, fc.constantFrom(0.3, 0.5, 2 / 3, 0.9, 1), (samples, precision) => {
      const [best] = tuneThresholds(oneClass(samples), { kind: "precision", precision });
      const { threshold, tuned, ...figures } = best as TunedThreshold;
      expect(figures).toEqual(counted(samples, threshold));
      const reaching = [-4, -3, -2, -1, 0, 1, 2, 3, 4]
        .map((other) => counted(samples, other))
        .filter((other) => other.precision >= precision);
      expect(tuned).toBe(reaching.length > 0);
      if (!tuned) {
        expect(threshold).toBe(0.5);
        return;
      }
      expect(figures.precision).toBeGreaterThanOrEqual(precision);
      expect(figures.recall).toBe(Math.max(...reaching.map(({ recall }) => recall)));
      const asMuch = reaching.filter(({ recall }) => recall === figures.recall);
      expect(figures.predicted).toBe(Math.min(...asMuch.map(({ predicted }) => predicted)));
    }),
  );
});

test("a score whose last bits another backend rounds otherwise keeps its label, and the next lower score has none", () => {
  const thresholdAbove = (negative: number): number => {
    const table = new ScoreTable(1);
    table.add(Float32Array.of(negative), []);
    table.add(Float32Array.of(0.7), [0]);
    return tuneThresholds(table, { kind: "best-f1" })[0]?.threshold as number;
  };
  expect(thresholdAbove(0.1)).toBeLessThan(Math.fround(0.7) - 6e-5);
  const near = Math.fround(0.7) - 6e-8;
  expect(thresholdAbove(near)).toBeLessThan(Math.fround(0.7));
  expect(thresholdAbove(near)).toBeGreaterThan(Math.fround(near));
});

test("says which goal cannot be", () => {
  for (const precision of [0, 1.5, Number.NaN]) {
    expect(() => tuneThresholds(new ScoreTable(1), { kind: "precision", precision })).toThrow(
      `tuneThresholds: precision must lie above 0 and be 1 at most. Got ${precision}.`,
    );
  }
  expect(() => tuneThresholds(new ScoreTable(1), { kind: "best-f1" }, Number.NaN)).toThrow(
    "tuneThresholds: fallback must be a number. Got NaN.",
  );
});

test("held-out thresholds are those of the other half of the videos", () => {
  const table = new ScoreTable(2);
  const [even, odd] = [new ScoreTable(2), new ScoreTable(2)];
  for (const [index, score] of [0.1, 0.9, 0.2, 0.7, 0.6, 0.3, 0.5].entries()) {
    const labels = score > (index % 2 === 0 ? 0.4 : 0.65) ? [0] : [];
    for (const each of [table, index % 2 === 0 ? even : odd]) each.add([score, 1 - score], labels);
  }
  const goal = { kind: "best-f1" } as const;
  const thresholds = (half: ScoreTable) => tuneThresholds(half, goal, 0.33).map(({ threshold }) => threshold);
  // Of the first class; the second has no positive, and keeps the fallback.
  for (const [half, score] of [
    [even, 0.5],
    [odd, 0.7],
  ] as const) {
    const [first, second] = thresholds(half) as [number, number];
    expectJustBelow(first, score);
    expect(second).toBe(0.33);
  }
  expect(heldOutThresholds(table, goal, 0.33)).toEqual([thresholds(odd), thresholds(even)]);
});
