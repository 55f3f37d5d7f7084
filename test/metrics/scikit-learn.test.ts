import { expect, test } from "vitest";
import { AveragePrecision, LabelRanking, PrecisionRecallF1, TaggingMetrics } from "../../src/metrics/index.ts";
import { numberedCases, type ScikitLearnCase, type ScikitLearnFigures } from "../support/scikit-learn-metrics.ts";

function expectNear(actual: number, expected: number | null, name: string): void {
  if (expected === null) expect(actual, name).toBeNaN();
  else expect(Math.abs(actual - expected), `${name}: ${actual} and ${expected}`).toBeLessThan(1e-9);
}

function added<Metric extends { add(scores: ArrayLike<number>, trueClasses: readonly number[]): void }>(
  metric: Metric,
  { scores, labels }: ScikitLearnCase,
): Metric {
  for (const [video, row] of scores.entries()) metric.add(row, labels[video] as number[]);
  return metric;
}

test.each(numberedCases)("average precision with ties and empty classes, case %i", (_, golden) => {
  const { micro, macro, perClass } = added(new AveragePrecision(golden.num_classes), golden).result();
  expectNear(micro, golden.average_precision.micro, "micro");
  expectNear(macro, golden.average_precision.macro, "macro");
  expect(perClass).toHaveLength(golden.num_classes);
  for (const [label, value] of golden.average_precision.per_class.entries()) {
    expectNear(perClass[label] as number, value, `class ${label}`);
  }
});

test.each(numberedCases)("label ranking with ties, no labels and all labels, case %i", (_, golden) => {
  const { averagePrecision, loss, coverage } = added(new LabelRanking(), golden).result();
  expectNear(averagePrecision, golden.label_ranking_average_precision, "average precision");
  expectNear(loss, golden.label_ranking_loss, "loss");
  expectNear(coverage, golden.coverage_error, "coverage");
});

test.each(numberedCases)("precision, recall and F1, case %i", (_, golden) => {
  const half = added(new PrecisionRecallF1(golden.num_classes), golden).result();
  const own = added(new PrecisionRecallF1(golden.num_classes, golden.thresholds), golden).result();
  for (const [result, expected] of [
    [half, golden.at_half],
    [own, golden.at_thresholds],
  ] as const) {
    for (const average of ["micro", "macro", "samples"] as const) {
      for (const figure of ["precision", "recall", "f1"] as const) {
        expectNear(result[average][figure], expected[average][figure], `${average} ${figure}`);
      }
    }
    expectClasses(result.perClass, expected, golden.num_classes);
  }
});

test.each(numberedCases)("the table of classes joins them, case %i", (_, golden) => {
  const { num_classes: numClasses, thresholds } = golden;
  const { classes, figures } = added(new TaggingMetrics({ numClasses, thresholds }), golden).result();
  expectClasses(classes, golden.at_thresholds, numClasses);
  for (const [label, { averagePrecision }] of classes.entries()) {
    expectNear(averagePrecision, golden.average_precision.per_class[label] as number | null, `class ${label}`);
  }
  expectNear(figures["samples recall"] as number, golden.at_thresholds.samples.recall, "samples recall");
  expectNear(figures["macro precision"] as number, golden.at_thresholds.macro.precision, "macro precision");
});

function expectClasses(
  classes: readonly Readonly<Record<keyof ScikitLearnFigures["per_class"], number>>[],
  { per_class: perClass }: ScikitLearnFigures,
  numClasses: number,
): void {
  expect(classes).toHaveLength(numClasses);
  for (const name of ["precision", "recall", "f1", "support", "predicted"] as const) {
    for (const [label, one] of classes.entries()) {
      expectNear(one[name], perClass[name][label] as number, `${name} of class ${label}`);
    }
  }
}
