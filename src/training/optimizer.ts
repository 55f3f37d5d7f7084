import type * as tf from "@tensorflow/tfjs-core";

/** What an optimizer remembers from step to step, by parameter path and name, as `head.kernel:meanSquare`. */
export type OptimizerState = Map<string, tf.Variable>;

/** A rule that turns gradients into new parameters. It holds nothing itself: all it remembers is in the state. */
export interface Optimizer {
  /** The state before the first step. The caller owns it. */
  init(parameters: ReadonlyMap<string, tf.Variable>): OptimizerState;
  /** One step: changes the parameters that have a gradient, and the state. */
  update(
    parameters: ReadonlyMap<string, tf.Variable>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    state: OptimizerState,
    learningRate: number,
  ): void;
}
