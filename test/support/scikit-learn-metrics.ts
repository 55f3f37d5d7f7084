import { readFileSync } from "node:fs";

interface Averages {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ScikitLearnFigures {
  readonly micro: Averages;
  readonly macro: Averages;
  readonly samples: Averages;
  readonly per_class: Readonly<Record<"precision" | "recall" | "f1" | "support" | "predicted", readonly number[]>>;
}

/** A case of test/fixtures/scikit-learn/metrics.json, made by the script beside it; null stands for what is undefined. */
export interface ScikitLearnCase {
  readonly num_classes: number;
  readonly scores: readonly number[][];
  readonly labels: readonly number[][];
  readonly logits: readonly number[][];
  readonly thresholds: readonly number[];
  readonly average_precision: {
    readonly micro: number;
    readonly macro: number;
    readonly per_class: readonly (number | null)[];
  };
  readonly at_half: ScikitLearnFigures;
  readonly at_thresholds: ScikitLearnFigures;
  readonly label_ranking_average_precision: number;
  readonly label_ranking_loss: number;
  readonly coverage_error: number;
  readonly calibration_error_15: number;
  readonly best_f1_thresholds: readonly (number | null)[];
  readonly "precision_0.6_thresholds": readonly (number | null)[];
  readonly temperature: Readonly<Record<"sigmoid" | "softmax", number>>;
  readonly platt: readonly (readonly [number, number] | null)[];
}

interface ScikitLearnMetrics {
  readonly cases: readonly ScikitLearnCase[];
  readonly mcnemar: readonly { readonly counts: readonly [number, number, number, number]; readonly p_value: number }[];
}

const file = new URL("../fixtures/scikit-learn/metrics.json", import.meta.url);

export const scikitLearn = JSON.parse(readFileSync(file, "utf8")) as ScikitLearnMetrics;

/** Each case with its index, as `test.each` takes them. */
export const numberedCases: (readonly [number, ScikitLearnCase])[] = [...scikitLearn.cases.entries()];
