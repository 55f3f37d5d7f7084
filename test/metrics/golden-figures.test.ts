import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TaggingMetrics } from "../../src/metrics/index.ts";
import { MeanAveragePrecision } from "../../src/metrics/mean-average-precision.ts";
import { goldenPath } from "../support/golden-paths.ts";

interface GoldenCase {
  readonly num_classes: number;
  readonly top_k: number;
  readonly threshold: number;
  readonly scores: number[][];
  readonly labels: number[][];
  readonly hit_at_k: Record<string, number>;
  readonly youtube8m: Record<string, number> & { readonly average_precisions: number[] };
  readonly scikit_learn: Record<string, number>;
}

const cases = JSON.parse(readFileSync(goldenPath("metrics.json"), "utf8")) as GoldenCase[];

/** Names of the golden file by ours. */
const SCIKIT_LEARN = {
  mAP: "mean_average_precision_over_classes_with_positives",
  "micro AP": "micro_average_precision",
  "micro F1": "f1_micro",
  "macro F1": "f1_macro",
  "samples F1": "f1_samples",
  "micro precision": "precision_micro",
  "micro recall": "recall_micro",
  "label ranking AP": "label_ranking_average_precision",
  "ranking loss": "label_ranking_loss",
  coverage: "coverage_error",
};

test.each(cases.map((golden, index) => [index, golden] as const))(
  "gives every figure of golden case %i",
  (_, golden) => {
    const { num_classes: numClasses, top_k: topK, youtube8m, scikit_learn: scikitLearn } = golden;
    const metrics = new TaggingMetrics({ numClasses, topK, thresholds: golden.threshold });
    const mean = new MeanAveragePrecision({ numClasses, k: topK });
    for (const [video, scores] of golden.scores.entries()) {
      metrics.add(scores, golden.labels[video] as number[]);
      mean.add(scores, golden.labels[video] as number[]);
    }
    const { figures, videos } = metrics.result();
    expect(videos).toBe(golden.scores.length);
    for (const [k, share] of Object.entries(golden.hit_at_k)) expect(figures[`Hit@${k}`], `Hit@${k}`).toBe(share);
    const expected: Record<string, number | undefined> = {
      "Hit@1": youtube8m["hit_at_one"],
      PERR: youtube8m["perr"],
      [`GAP@${topK}`]: youtube8m["gap"],
      [`mAP@${topK}`]: youtube8m["mean_average_precision"],
    };
    for (const [name, golden] of Object.entries(SCIKIT_LEARN)) expected[name] = scikitLearn[golden];
    expect(Object.values(scikitLearn)).toHaveLength(Object.keys(SCIKIT_LEARN).length);
    for (const [name, value] of Object.entries(expected)) {
      expect(Math.abs((figures[name] as number) - (value as number)), name).toBeLessThan(1e-9);
    }
    const perClass = mean.result().perClass.filter((value) => !Number.isNaN(value));
    expect(perClass).toHaveLength(youtube8m.average_precisions.length);
    for (const [index, value] of youtube8m.average_precisions.entries()) {
      expect(Math.abs((perClass[index] as number) - value), `average precision ${index}`).toBeLessThan(1e-9);
    }
  },
);
