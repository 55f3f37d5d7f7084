import { sigmoid, softplus } from "./logistic.ts";
import type { ScoreTable } from "./score-table.ts";

/** probability = sigmoid(slope * logit + intercept) */
export interface PlattScaling {
  readonly slope: number;
  readonly intercept: number;
  /** False for a class that has no positives or no negatives, whose probabilities stay as they are (slope 1, intercept 0). */
  readonly fitted: boolean;
}

const MAX_STEPS = 100;

/**
 * Platt scaling of one class: the slope and intercept of the smallest negative log-likelihood on validation videos, with
 * Platt's targets in place of 1 and 0: (positives + 1) / (positives + 2) and 1 / (negatives + 2), so that even logits
 * which separate the labels have a finite answer.
 *
 * The likelihood is convex: damped Newton steps on standardized logits, in float64. Where all logits are equal the slope
 * is 0. A slope below 0 says that the logits rank the wrong way round; it is returned as it is.
 *
 * @param logits [videos]
 * @param truths [videos], 1 or true where the label is true
 * @throws RangeError when the lengths differ or a logit is not finite
 * @see Platt, Probabilistic Outputs for Support Vector Machines (1999); Lin, Lin and Weng, A Note on Platt's
 *   Probabilistic Outputs for Support Vector Machines (2007)
 */
export function fitPlattScaling(logits: ArrayLike<number>, truths: ArrayLike<number | boolean>): PlattScaling {
  if (logits.length !== truths.length) {
    throw new RangeError(`fitPlattScaling: ${logits.length} logits need as many truths. Got ${truths.length}.`);
  }
  const values = Float64Array.from(logits);
  const unusable = values.findIndex((logit) => !Number.isFinite(logit));
  if (unusable >= 0) throw new RangeError(`fitPlattScaling: video ${unusable} has the logit ${values[unusable]}.`);
  const isTrue = Uint8Array.from(truths, (truth) => (truth ? 1 : 0));
  const positives = isTrue.reduce((sum, truth) => sum + truth, 0);
  const negatives = isTrue.length - positives;
  if (positives === 0 || negatives === 0) return { slope: 1, intercept: 0, fitted: false };
  const targets = Float64Array.from(isTrue, (truth) =>
    truth === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2),
  );
  const { mean, deviation } = moments(values);
  const standardized = values.map((logit) => (logit - mean) / deviation);
  const [slope, intercept] = minimize(standardized, targets);
  return { slope: slope / deviation, intercept: intercept - (slope * mean) / deviation, fitted: true };
}

/**
 * Platt scaling of every class of a table of logits, [numClasses].
 *
 * @throws RangeError when a logit is infinite
 */
export function fitPlattScalings(logits: ScoreTable): PlattScaling[] {
  return Array.from({ length: logits.numClasses }, (_, label) => {
    const { scores, truths } = logits.column(label);
    return fitPlattScaling(scores, truths);
  });
}

/**
 * sigmoid(slope * logit + intercept) of each class, [numClasses].
 *
 * @throws RangeError when there is not one scaling a logit
 */
export function plattScaled(logits: ArrayLike<number>, scalings: readonly PlattScaling[]): Float64Array {
  if (logits.length !== scalings.length) {
    throw new RangeError(`plattScaled: ${logits.length} logits need as many scalings. Got ${scalings.length}.`);
  }
  return Float64Array.from(scalings, ({ slope, intercept }, label) =>
    sigmoid(slope * (logits[label] as number) + intercept),
  );
}

function moments(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // Equal logits give rounding in place of a deviation; dividing by that would make noise of them.
  const deviation = Math.sqrt(variance);
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : Number.POSITIVE_INFINITY };
}

/** The slope and intercept of the smallest sum of softplus(f) - target * f, with f = slope * x + intercept. */
function minimize(x: Float64Array, targets: Float64Array): [number, number] {
  let slope = 0;
  let intercept = 0;
  let loss = lossOf(x, targets, slope, intercept);
  for (let step = 0; step < MAX_STEPS; step++) {
    const [towardsSlope, towardsIntercept] = newtonStep(x, targets, slope, intercept);
    let size = 1;
    let next = lossOf(x, targets, slope + towardsSlope, intercept + towardsIntercept);
    while (!(next < loss) && size > 1e-10) {
      size /= 2;
      next = lossOf(x, targets, slope + size * towardsSlope, intercept + size * towardsIntercept);
    }
    if (!(next < loss)) break;
    slope += size * towardsSlope;
    intercept += size * towardsIntercept;
    loss = next;
  }
  // The loss is flat at its bottom, to half of float64's digits; a last step by the slope alone gains the others.
  const [towardsSlope, towardsIntercept] = newtonStep(x, targets, slope, intercept);
  return [slope + towardsSlope, intercept + towardsIntercept];
}

function lossOf(x: Float64Array, targets: Float64Array, slope: number, intercept: number): number {
  let loss = 0;
  for (const [index, value] of x.entries()) {
    const logit = slope * value + intercept;
    loss += softplus(logit) - (targets[index] as number) * logit;
  }
  return loss;
}

/** -(Hessian)^-1 * gradient. */
function newtonStep(x: Float64Array, targets: Float64Array, slope: number, intercept: number): [number, number] {
  let gradientSlope = 0;
  let gradientIntercept = 0;
  // A trace on the diagonal keeps the equations solvable where all x are 0.
  let slopeSlope = 1e-12;
  let slopeIntercept = 0;
  let interceptIntercept = 1e-12;
  for (const [index, value] of x.entries()) {
    const probability = sigmoid(slope * value + intercept);
    const error = probability - (targets[index] as number);
    const bend = probability * (1 - probability);
    gradientSlope += value * error;
    gradientIntercept += error;
    slopeSlope += value * value * bend;
    slopeIntercept += value * bend;
    interceptIntercept += bend;
  }
  const determinant = slopeSlope * interceptIntercept - slopeIntercept * slopeIntercept;
  return [
    (slopeIntercept * gradientIntercept - interceptIntercept * gradientSlope) / determinant,
    (slopeIntercept * gradientSlope - slopeSlope * gradientIntercept) / determinant,
  ];
}
