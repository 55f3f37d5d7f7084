import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../core/options.ts";
import { nextMean } from "../ops/running-mean.ts";
import type { OptimizerState } from "./optimizer.ts";

/** Keeps a running mean of parameters. It holds nothing itself: the means are in the state, as `head.kernel:average`. */
export interface WeightAverage {
  /** Averages equal to the parameters. The caller owns them. */
  init(parameters: ReadonlyMap<string, tf.Variable>): OptimizerState;
  /** Moves the averages towards the parameters: once after each step of the optimizer. */
  update(parameters: ReadonlyMap<string, tf.Variable>, state: OptimizerState): void;
  /**
   * Exchanges parameters and averages, so that the averages can be evaluated and saved. A second call puts each back,
   * bit for bit.
   */
  swap(parameters: ReadonlyMap<string, tf.Variable>, state: OptimizerState): void;
}

/**
 * Exponential moving average of weights: `average = decay * average + (1 - decay) * parameter` after each step.
 * Averaged weights often generalize better than the last ones, and change less from epoch to epoch.
 *
 * Source: Polyak and Juditsky 1992; the form of TensorFlow's ExponentialMovingAverage and PyTorch's swa_utils.
 *
 * @param config decay: how much of the averages stays at each step, in [0, 1), as 0.999
 * @throws RangeError when decay is not in [0, 1)
 */
export function exponentialMovingAverage(config: { readonly decay: number }): WeightAverage {
  expectOptions("exponentialMovingAverage", config, { needed: { decay: "rate" } });
  const { decay } = config;
  return {
    init: (parameters) => new Map([...parameters].map(([path, parameter]) => [keyOf(path), tf.variable(parameter)])),
    update(parameters, state) {
      for (const [path, parameter] of parameters) {
        const average = averageOf(path, state);
        tf.tidy(() => average.assign(nextMean(average, parameter, decay)));
      }
    },
    swap(parameters, state) {
      const pairs = [...parameters].map(([path, parameter]) => [parameter, averageOf(path, state)] as const);
      for (const [parameter, average] of pairs) {
        tf.tidy(() => {
          const current = tf.clone(parameter);
          parameter.assign(tf.clone(average));
          average.assign(current);
        });
      }
    },
  };
}

function keyOf(path: string): string {
  return `${path}:average`;
}

function averageOf(path: string, state: OptimizerState): tf.Variable {
  const average = state.get(keyOf(path));
  if (!average) throw new Error(`exponentialMovingAverage: there is no average of ${path}.`);
  return average;
}
