import type { RunEpoch } from "../formats/run-metrics.ts";
import type { LabelMixUps } from "./label-mix-ups.ts";

/** All numbers of a report that are not in the run itself. */
export interface ReportFigures {
  /** The epoch that the best checkpoint is of; undefined before the first. */
  readonly best: RunEpoch | undefined;
  /** Of the validation videos, as the best checkpoint scores them; NaN where there is nothing to measure. */
  readonly loss: number;
  /** By k. */
  readonly hitAtK: ReadonlyMap<number, number>;
  readonly globalAveragePrecision: number;
  readonly meanAveragePrecision: number;
  readonly microF1: number;
  readonly macroF1: number;
  /** A label each. */
  readonly classes: readonly ClassFigures[];
  readonly calibration: Calibration;
  readonly mixUps: LabelMixUps;
  /** The loss of each video. */
  readonly videoLosses: readonly number[];
}

export interface ClassFigures {
  readonly label: string;
  /** Videos that have it. */
  readonly support: number;
  readonly averagePrecision: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly threshold: number;
}

export interface Calibration {
  readonly expectedCalibrationError: number;
  readonly bins: readonly CalibrationBin[];
}

/** The probabilities of one interval. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  /** How many probabilities lie in it. */
  readonly count: number;
  /** NaN for an empty bin. */
  readonly meanProbability: number;
  /** The share of them whose label is true; NaN for an empty bin. */
  readonly shareTrue: number;
}
