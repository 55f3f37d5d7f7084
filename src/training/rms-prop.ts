import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

export interface RmsPropConfig {
  /** How much of the running means stays at each step. */
  readonly rho: number;
  readonly epsilon: number;
  /** L2 decay of a parameter: this times the parameter is added to its gradient. */
  readonly weightDecay: (path: string) => number;
}

/**
 * Centered RMSProp without momentum:
 *
 *     g  = gradient + weightDecay * p
 *     ms = rho * ms + (1 - rho) * g^2
 *     mg = rho * mg + (1 - rho) * g
 *     p  = p - learningRate * g / sqrt(ms - mg^2 + epsilon)
 *
 * (`tf.train.rmsprop` takes the root of ms - (mg^2 + epsilon), which is NaN for a small gradient.)
 *
 * Source: Paddle's RMSProp with L2Decay; Graves 2013, arXiv:1308.0850.
 */
export function rmsProp({ rho, epsilon, weightDecay }: RmsPropConfig): Optimizer {
  return {
    init(parameters) {
      const state: OptimizerState = new Map();
      for (const [path, { shape }] of parameters) {
        for (const name of ["meanSquare", "mean"]) {
          const zeros = tf.zeros(shape);
          state.set(`${path}:${name}`, tf.variable(zeros));
          zeros.dispose();
        }
      }
      return state;
    },

    update(parameters, gradients, state, learningRate) {
      for (const [path, gradient] of gradients) {
        const parameter = parameters.get(path);
        const meanSquare = state.get(`${path}:meanSquare`);
        const mean = state.get(`${path}:mean`);
        if (!parameter || !meanSquare || !mean)
          throw new Error(`RMSProp: there is a gradient but no state for ${path}.`);
        tf.tidy(() => {
          const decay = weightDecay(path);
          const g = decay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, decay));
          meanSquare.assign(tf.add(tf.mul(meanSquare, rho), tf.mul(tf.square(g), 1 - rho)));
          mean.assign(tf.add(tf.mul(mean, rho), tf.mul(g, 1 - rho)));
          const deviation = tf.sqrt(tf.add(tf.sub(meanSquare, tf.square(mean)), epsilon));
          parameter.assign(tf.sub(parameter, tf.mul(tf.div(g, deviation), learningRate)));
        });
      }
    },
  };
}
