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
export function piecewiseDecay({ learningRate, gamma, boundaries }: PiecewiseDecayConfig): Schedule {
  return (step) => learningRate * gamma ** boundaries.filter((boundary) => step >= boundary).length;
}
