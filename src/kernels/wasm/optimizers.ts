import type * as tf from "@tensorflow/tfjs-core";
import type { AdamWStepAttributes, AdamWStepInputs } from "../../ops/adam-w-step.ts";
import type { RmsPropStepAttributes, RmsPropStepInputs } from "../../ops/rms-prop-step.ts";
import type { SgdStepAttributes, SgdStepInputs } from "../../ops/sgd-step.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/*
 * Steps of optimizers. They are bound by memory, so parameters and what is remembered of them change in place where
 * only the variable holds them; a clone, or what a gradient saved, keeps the old values.
 */

export function runRmsPropStep(
  memory: WasmMemory,
  { parameter, gradient, meanSquare, mean }: RmsPropStepInputs,
  { learningRate, weightDecay, rho, epsilon }: RmsPropStepAttributes,
): tf.TensorInfo[] {
  const outputs = [parameter, meanSquare, mean].map((tensor) => memory.successor(tensor));
  const [outParameter, outMeanSquare, outMean] = outputs;
  // biome-ignore format: one group of arguments a line
  memory.kernels.rmsPropStep(
    memory.addressOf(parameter), memory.addressOf(gradient), memory.addressOf(meanSquare), memory.addressOf(mean),
    parameter.size,
    learningRate, weightDecay, rho, 1 - rho, epsilon,
    memory.addressOf(outParameter), memory.addressOf(outMeanSquare), memory.addressOf(outMean),
  );
  return outputs;
}

export function runAdamWStep(
  memory: WasmMemory,
  { parameter, gradient, mean, meanSquare, meanOfOnes, meanSquareOfOnes }: AdamWStepInputs,
  { learningRate, weightDecay, beta1, beta2, epsilon }: AdamWStepAttributes,
): tf.TensorInfo[] {
  const before = [parameter, mean, meanSquare, meanOfOnes, meanSquareOfOnes];
  const outputs = before.map((tensor) => memory.successor(tensor));
  const [outParameter, outMean, outMeanSquare, outMeanOfOnes, outMeanSquareOfOnes] = outputs;
  // biome-ignore format: one group of arguments a line
  memory.kernels.adamWStep(
    memory.addressOf(parameter), memory.addressOf(gradient), memory.addressOf(mean), memory.addressOf(meanSquare),
    memory.addressOf(meanOfOnes), memory.addressOf(meanSquareOfOnes), parameter.size,
    learningRate, 1 - learningRate * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, epsilon,
    memory.addressOf(outParameter), memory.addressOf(outMean), memory.addressOf(outMeanSquare),
    memory.addressOf(outMeanOfOnes), memory.addressOf(outMeanSquareOfOnes),
  );
  return outputs;
}

export function runSgdStep(
  memory: WasmMemory,
  { parameter, gradient, velocity }: SgdStepInputs,
  { learningRate, weightDecay, momentum, nesterov }: SgdStepAttributes,
): tf.TensorInfo[] {
  const outputs = [parameter, ...(velocity ? [velocity] : [])].map((tensor) => memory.successor(tensor));
  const [outParameter, outVelocity] = outputs;
  // biome-ignore format: one group of arguments a line
  memory.kernels.sgdStep(
    memory.addressOf(parameter), memory.addressOf(gradient), memory.addressOf(velocity), parameter.size,
    learningRate, weightDecay, momentum, nesterov,
    memory.addressOf(outParameter), memory.addressOf(outVelocity),
  );
  return outputs;
}
