import { expectOptions } from "../core/options.ts";
import { adamWStepKernel } from "../ops/adam-w-step.ts";
import { type Optimizer, optimizerOf, type ParameterRates, RATE_KINDS } from "./optimizer.ts";

export interface AdamWConfig extends ParameterRates {
  /** How much of the running mean of the gradient stays at each step. Default 0.9. */
  readonly beta1?: number;
  /** How much of the running mean of its square stays at each step. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam with decoupled weight decay, after t steps of a parameter:
 *
 *     p = p * (1 - learningRate * weightDecay)
 *     m = beta1 * m + (1 - beta1) * gradient
 *     v = beta2 * v + (1 - beta2) * gradient^2
 *     p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * In place of t it remembers 1 - beta^t itself, as the running mean of ones: those two are then rounded in the way of
 * the means that they correct, and no backend needs an exact power. (In float32 the one for beta2 = 0.999 ends at
 * 0.99997: late steps are short by 1.5e-5 of themselves.) A parameter without a gradient counts no step.
 *
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101, with the learning rate in the decay as PyTorch has it.
 */
export function adamW(config: AdamWConfig = {}): Optimizer {
  expectOptions("adamW", config, { optional: { beta1: "rate", beta2: "rate", epsilon: "number", ...RATE_KINDS } });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...rates } = config;
  return optimizerOf(
    {
      name: "AdamW",
      memory: (shape) => ({ mean: shape, meanSquare: shape, meanOfOnes: [], meanSquareOfOnes: [] }),
      kernel: adamWStepKernel,
      attributes: (stepRates) => ({ ...stepRates, beta1, beta2, epsilon }),
    },
    rates,
  );
}
