import { expectOptions } from "../core/options.ts";

/** The learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

export interface PiecewiseDecayConfig {
  readonly learningRate: number;
  /** What the rate is multiplied with at each boundary. */
  readonly gamma: number;
  /** Steps, rising; a fraction counts as the next whole step. */
  readonly boundaries: readonly number[];
}

/** `learningRate * gamma^k` after k of the boundaries. Source: Paddle's PiecewiseDecay. */
export function piecewiseDecay(config: PiecewiseDecayConfig): Schedule {
  expectOptions("piecewiseDecay", config, { needed: { learningRate: "number", gamma: "number", boundaries: "list" } });
  const { learningRate, gamma, boundaries } = config;
  return (step) => learningRate * gamma ** boundaries.filter((boundary) => step >= boundary).length;
}

export interface DecayConfig {
  /** At step 0. */
  readonly learningRate: number;
  /** The step from which on the rate stays at its final value. */
  readonly steps: number;
  /** Default 0. */
  readonly finalLearningRate?: number;
}

/**
 * Falls along half a cosine: `final + (learningRate - final) * (1 + cos(pi * step / steps)) / 2`, then stays at `final`.
 * Source: Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts.
 *
 * @throws RangeError when steps is not a whole number of 1 or more
 */
export function cosineDecay(config: DecayConfig): Schedule {
  return decayAlong("cosineDecay", config, (progress) => (1 + Math.cos(Math.PI * progress)) / 2);
}

/**
 * Falls along a straight line: `learningRate + (final - learningRate) * step / steps`, then stays at `final`.
 *
 * @throws RangeError when steps is not a whole number of 1 or more
 */
export function linearDecay(config: DecayConfig): Schedule {
  return decayAlong("linearDecay", config, (progress) => 1 - progress);
}

/** @param share what is left of the way to the final rate after a share of the steps: from 1 at 0 to 0 at 1 */
function decayAlong(name: string, config: DecayConfig, share: (progress: number) => number): Schedule {
  expectOptions(name, config, {
    needed: { learningRate: "number", steps: "size" },
    optional: { finalLearningRate: "number" },
  });
  const { learningRate, steps, finalLearningRate = 0 } = config;
  return (step) =>
    step >= steps ? finalLearningRate : finalLearningRate + (learningRate - finalLearningRate) * share(step / steps);
}

/**
 * Any schedule with a linear start: its rate times `(step + 1) / steps` in the first `steps` steps, and unchanged after
 * them. The schedule's own steps count from the start of the training, not from the end of the warm-up.
 *
 * Source: Goyal et al. 2017, arXiv:1706.02677.
 *
 * @throws RangeError when steps is not a whole number of 1 or more
 */
export function warmUp(schedule: Schedule, config: { readonly steps: number }): Schedule {
  expectOptions("warmUp", { schedule, ...config }, { needed: { schedule: "function", steps: "size" } });
  const { steps } = config;
  return (step) => schedule(step) * Math.min(1, (step + 1) / steps);
}
