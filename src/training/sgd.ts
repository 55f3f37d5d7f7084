import { expectOptions } from "../core/options.ts";
import { sgdStepKernel } from "../ops/sgd-step.ts";
import { type Optimizer, optimizerOf, type ParameterRates, RATE_KINDS } from "./optimizer.ts";

export interface SgdConfig extends ParameterRates {
  /** How much of the velocity stays at each step. Default 0: plain gradient descent. */
  readonly momentum?: number;
  /** Whether a step looks ahead along the new velocity. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent with momentum:
 *
 *     g = gradient + weightDecay * p
 *     v = momentum * v + g
 *     p = p - learningRate * v,  or with nesterov  p - learningRate * (g + momentum * v)
 *
 * Source: Sutskever et al. 2013, in PyTorch's form (the learning rate is not in the velocity).
 *
 * @throws RangeError when nesterov is asked for without momentum
 */
export function sgd(config: SgdConfig = {}): Optimizer {
  expectOptions("sgd", config, { optional: { momentum: "rate", nesterov: "flag", ...RATE_KINDS } });
  const { momentum = 0, nesterov = false, ...rates } = config;
  if (nesterov && momentum === 0) throw new RangeError("SGD: nesterov needs a momentum above 0. Got 0.");
  return optimizerOf(
    {
      name: "SGD",
      memory: (shape): Readonly<Record<string, readonly number[]>> => (momentum === 0 ? {} : { velocity: shape }),
      kernel: sgdStepKernel,
      attributes: (stepRates) => ({ ...stepRates, momentum, nesterov }),
    },
    rates,
  );
}
