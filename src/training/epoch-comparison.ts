import type { Evaluation } from "../tagging/evaluation.ts";

/** By what epochs are compared. Each is a number, so that it can be saved beside the parameters. */
export type EpochFigures = {
  readonly hitAt1: number;
  readonly meanAveragePrecision: number;
  /** The mean loss of a validation video. */
  readonly loss: number;
};

/** @param evaluation has Hit@1. Where no label is true, mAP is no number and counts as 0. */
export function epochFigures({
  hitAtK,
  meanAveragePrecision,
  loss,
}: Pick<Evaluation, "hitAtK" | "meanAveragePrecision" | "loss">): EpochFigures {
  return {
    hitAt1: hitAtK.get(1) as number,
    meanAveragePrecision: Number.isNaN(meanAveragePrecision) ? 0 : meanAveragePrecision,
    loss,
  };
}

/**
 * Whether an epoch is better than the best one before: by Hit@1, as the original compares; of equal Hit@1 by mAP; of equal
 * mAP by the lower loss. Where all three are equal the earlier one stays.
 */
export function isBetterEpoch(now: EpochFigures, before: EpochFigures): boolean {
  if (now.hitAt1 !== before.hitAt1) return now.hitAt1 > before.hitAt1;
  if (now.meanAveragePrecision !== before.meanAveragePrecision) {
    return now.meanAveragePrecision > before.meanAveragePrecision;
  }
  return now.loss < before.loss;
}
