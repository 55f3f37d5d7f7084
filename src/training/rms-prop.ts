import { expectOptions } from "../core/options.ts";
import { rmsPropStepKernel } from "../ops/rms-prop-step.ts";
import { type Optimizer, optimizerOf, type ParameterRates, RATE_KINDS } from "./optimizer.ts";

export interface RmsPropConfig extends ParameterRates {
  /** How much of the running means stays at each step. Default 0.95, as in the original. */
  readonly rho?: number;
  /** Default 1e-6, as in the original. */
  readonly epsilon?: number;
}

/**
 * Centered RMSProp without momentum:
 *
 *     g  = gradient + weightDecay * p
 *     ms = rho * ms + (1 - rho) * g^2
 *     mg = rho * mg + (1 - rho) * g
 *     p  = p - learningRate * g / sqrt(ms - mg^2 + epsilon)
 *
 * (`tf.train.rmsprop` takes the root of ms - (mg^2 + epsilon), which is NaN for a small gradient; PyTorch adds epsilon
 * to the root.)
 *
 * Source: Paddle's RMSProp with L2Decay; Graves 2013, arXiv:1308.0850.
 */
export function rmsProp(config: RmsPropConfig = {}): Optimizer {
  expectOptions("rmsProp", config, { optional: { rho: "rate", epsilon: "number", ...RATE_KINDS } });
  const { rho = 0.95, epsilon = 1e-6, ...rates } = config;
  return optimizerOf(
    {
      name: "RMSProp",
      memory: (shape) => ({ meanSquare: shape, mean: shape }),
      kernel: rmsPropStepKernel,
      attributes: (stepRates) => ({ ...stepRates, rho, epsilon }),
    },
    rates,
  );
}
