import fc from "fast-check";
import { expect, test } from "vitest";
import { averagePrecisionsOfChoices } from "../../src/metrics/average-precision.ts";
import { AveragePrecision, averagePrecisions, LabelRanking, ScoreTable } from "../../src/metrics/index.ts";

interface Video {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
}

const videos = fc.integer({ min: 1, max: 6 }).chain((numClasses) =>
  fc.array(
    fc.record({
      scores: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: numClasses, maxLength: numClasses }),
      labels: fc.uniqueArray(fc.nat({ max: numClasses - 1 })),
    }),
    { minLength: 1, maxLength: 6 },
  ),
);

/** The sum over thresholds, from the highest, of recall gained times precision. */
function averagePrecision(pairs: readonly (readonly [score: number, positive: boolean])[]): number {
  const positives = pairs.filter(([, positive]) => positive).length;
  let sum = 0;
  let before = 0;
  for (const threshold of [2, 1, 0, -1, -2]) {
    const predicted = pairs.filter(([score]) => score >= threshold);
    const correct = predicted.filter(([, positive]) => positive).length;
    if (correct > before) sum += ((correct - before) / positives) * (correct / predicted.length);
    before = correct;
  }
  return positives === 0 ? Number.NaN : sum;
}

function tableOf(samples: readonly Video[]): ScoreTable {
  const table = new ScoreTable((samples[0] as Video).scores.length);
  for (const { scores, labels } of samples) table.add(scores, labels);
  return table;
}

test("average precision is the sum over thresholds, by class and over all pairs", () => {
  fc.assert(
    fc.property(videos, (samples) => {
      const pairs = samples.map(({ scores, labels }) =>
        scores.map((score, label) => [score, labels.includes(label)] as const),
      );
      const metric = new AveragePrecision((samples[0] as Video).scores.length);
      for (const { scores, labels } of samples) metric.add(scores, labels);
      const { micro, macro, perClass } = metric.result();
      expect(perClass).toHaveLength((samples[0] as Video).scores.length);
      const expected = Array.from(perClass, (_, label) =>
        averagePrecision(pairs.map((row) => row[label] as readonly [number, boolean])),
      );
      for (const [label, value] of expected.entries()) {
        if (Number.isNaN(value)) expect(perClass[label]).toBeNaN();
        else expect(perClass[label]).toBeCloseTo(value, 12);
      }
      const defined = expected.filter((value) => !Number.isNaN(value));
      if (defined.length === 0) {
        expect([micro, macro]).toEqual([Number.NaN, Number.NaN]);
      } else {
        expect(macro).toBeCloseTo(defined.reduce((sum, value) => sum + value, 0) / defined.length, 12);
        expect(micro).toBeCloseTo(averagePrecision(pairs.flat()), 12);
      }
    }),
  );
});

test("a choice of videos is measured as a table of them would be, one after the other", () => {
  fc.assert(
    fc.property(videos, fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 8 })), (samples, choices) => {
      const measure = averagePrecisionsOfChoices(tableOf(samples));
      for (const choice of choices) {
        const drawn = choice.map((draw) => draw % samples.length);
        expect(measure(drawn)).toEqual(averagePrecisions(tableOf(drawn.map((video) => samples[video] as Video))));
      }
    }),
  );
});

test("label ranking is what counting pairs of labels gives", () => {
  fc.assert(
    fc.property(videos, (samples) => {
      const metric = new LabelRanking();
      const sums = { averagePrecision: 0, loss: 0, coverage: 0 };
      for (const { scores, labels } of samples) {
        metric.add(scores, labels);
        const at = (label: number) => scores[label] as number;
        const classes = [...scores.keys()];
        const wrong = classes.filter((label) => !labels.includes(label));
        const above = (all: readonly number[], label: number) => all.filter((other) => at(other) >= at(label)).length;
        const pairs = labels.length * wrong.length;
        const share = labels.map((label) => above(labels, label) / above(classes, label));
        sums.averagePrecision += pairs === 0 ? 1 : share.reduce((sum, one) => sum + one, 0) / labels.length;
        sums.loss += pairs === 0 ? 0 : labels.reduce((sum, label) => sum + above(wrong, label), 0) / pairs;
        sums.coverage += Math.max(0, ...labels.map((label) => above(classes, label)));
      }
      const result = metric.result();
      for (const name of ["averagePrecision", "loss", "coverage"] as const) {
        expect(result[name], name).toBeCloseTo(sums[name] / samples.length, 12);
      }
    }),
  );
});
