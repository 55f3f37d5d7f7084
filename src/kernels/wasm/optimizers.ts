import type * as tf from "@tensorflow/tfjs-core";
import type { AdamWStepAttributes } from "../../ops/adam-w-step.ts";
import type { RmsPropStepAttributes } from "../../ops/rms-prop-step.ts";
import type { SgdStepAttributes } from "../../ops/sgd-step.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/*
 * Steps of optimizers. They are bound by memory, so parameters and what is remembered of them change in place where
 * only the variable holds them; a clone, or what a gradient saved, keeps the old values.
 */

export function runRmsPropStep(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { learningRate, weightDecay, rho, epsilon }: RmsPropStepAttributes,
): tf.TensorInfo[] {
  const [parameter, gradient, meanSquare, mean] = inputs as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const outputs = [parameter, meanSquare, mean].map((tensor) => memory.successor(tensor));
  const [outParameter, outMeanSquare, outMean] = outputs.map((tensor) => memory.addressOf(tensor));
  // biome-ignore format: one group of arguments a line
  memory.kernels.rmsPropStep(
    memory.addressOf(parameter), memory.addressOf(gradient), memory.addressOf(meanSquare), memory.addressOf(mean),
    sizeOf(parameter),
    learningRate, weightDecay, rho, 1 - rho, epsilon,
    outParameter as number, outMeanSquare as number, outMean as number,
  );
  return outputs;
}

export function runAdamWStep(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { learningRate, weightDecay, beta1, beta2, epsilon }: AdamWStepAttributes,
): tf.TensorInfo[] {
  const [parameter, gradient, ...remembered] = inputs as [tf.TensorInfo, tf.TensorInfo, ...tf.TensorInfo[]];
  const outputs = [parameter, ...remembered].map((tensor) => memory.successor(tensor));
  const [mean, meanSquare, meanOfOnes, meanSquareOfOnes] = remembered.map((tensor) => memory.addressOf(tensor));
  const [outParameter, ...outRemembered] = outputs.map((tensor) => memory.addressOf(tensor));
  const [outMean, outMeanSquare, outMeanOfOnes, outMeanSquareOfOnes] = outRemembered;
  // biome-ignore format: one group of arguments a line
  memory.kernels.adamWStep(
    memory.addressOf(parameter), memory.addressOf(gradient),
    mean as number, meanSquare as number, meanOfOnes as number, meanSquareOfOnes as number, sizeOf(parameter),
    learningRate, 1 - learningRate * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, epsilon,
    outParameter as number, outMean as number, outMeanSquare as number, outMeanOfOnes as number,
    outMeanSquareOfOnes as number,
  );
  return outputs;
}

export function runSgdStep(
  memory: WasmMemory,
  inputs: tf.TensorInfo[],
  { learningRate, weightDecay, momentum, nesterov }: SgdStepAttributes,
): tf.TensorInfo[] {
  const [parameter, gradient, velocity] = inputs as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo | undefined];
  const outputs = [parameter, ...(velocity ? [velocity] : [])].map((tensor) => memory.successor(tensor));
  const [outParameter, outVelocity] = outputs;
  // biome-ignore format: one group of arguments a line
  memory.kernels.sgdStep(
    memory.addressOf(parameter), memory.addressOf(gradient), memory.addressOf(velocity), sizeOf(parameter),
    learningRate, weightDecay, momentum, nesterov,
    memory.addressOf(outParameter), memory.addressOf(outVelocity),
  );
  return outputs;
}

function sizeOf({ shape }: tf.TensorInfo): number {
  return shape.reduce((product, size) => product * size, 1);
}
