import type * as tf from "@tensorflow/tfjs-core";
import {
  type ComposedKernel,
  type KernelInputs,
  registerFasterKernel,
  removeFasterKernel,
} from "../../core/composed-kernel.ts";
import { adamWStepKernel } from "../../ops/adam-w-step.ts";
import { attentionKernel } from "../../ops/attention.ts";
import { columnSumsKernel } from "../../ops/column-sums.ts";
import { denseKernel } from "../../ops/dense.ts";
import { layerNormKernel } from "../../ops/layer-norm.ts";
import { peepholeLstmKernel } from "../../ops/peephole-lstm.ts";
import { peepholeLstmGradientKernel } from "../../ops/peephole-lstm-gradient.ts";
import { peepholeLstmPieceKernel } from "../../ops/peephole-lstm-piece.ts";
import { productKernel } from "../../ops/product.ts";
import { rmsPropStepKernel } from "../../ops/rms-prop-step.ts";
import { sgdStepKernel } from "../../ops/sgd-step.ts";
import { runAttention } from "./attention.ts";
import { runColumnSums, runDense, runProduct } from "./dense.ts";
import { registerIdentity, removeIdentity } from "./identity.ts";
import { runLayerNorm } from "./layer-norm.ts";
import { runAdamWStep, runRmsPropStep, runSgdStep } from "./optimizers.ts";
import { runPeepholeLstm, runPeepholeLstmGradient, runPeepholeLstmPiece } from "./peephole-lstm.ts";
import type { WasmBackend } from "./wasm-backend.ts";
import { WasmMemory } from "./wasm-memory.ts";

const BACKEND = "wasm";

type Run<Inputs, Attributes> = (
  memory: WasmMemory,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo[] | undefined;

/** A kernel beside the work that takes its place. */
interface Replacement {
  register(relaxedSimd: boolean): void;
  remove(): void;
}

function replacement<Inputs extends KernelInputs, Outputs extends tf.Tensor[], Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Inputs, Outputs, Attributes>,
  run: Run<Inputs, Attributes>,
): Replacement {
  return {
    register: (relaxedSimd) =>
      registerFasterKernel(kernel, BACKEND, {
        worksOn: (backend) => {
          const works = WasmMemory.of(backend as WasmBackend, relaxedSimd) !== undefined;
          // Not before: the backend's package, when it is imported, registers its own.
          if (works) registerIdentity();
          return works;
        },
        run: (inputs, attributes, backend) => {
          const memory = WasmMemory.of(backend as WasmBackend, relaxedSimd);
          return memory && run(memory, inputs, attributes);
        },
      }),
    remove: () => removeFasterKernel(kernel, BACKEND),
  };
}

const REPLACEMENTS: readonly Replacement[] = [
  replacement(denseKernel, runDense),
  replacement(productKernel, runProduct),
  replacement(columnSumsKernel, runColumnSums),
  replacement(attentionKernel, runAttention),
  replacement(layerNormKernel, runLayerNorm),
  replacement(peepholeLstmKernel, runPeepholeLstm),
  replacement(peepholeLstmGradientKernel, runPeepholeLstmGradient),
  replacement(peepholeLstmPieceKernel, runPeepholeLstmPiece),
  replacement(rmsPropStepKernel, runRmsPropStep),
  replacement(adamWStepKernel, runAdamWStep),
  replacement(sgdStepKernel, runSgdStep),
];

/** Registers the kernels of assembly/ on the wasm backend. */
export function registerWasmKernels(relaxedSimd: boolean): void {
  for (const { register } of REPLACEMENTS) register(relaxedSimd);
}

export function removeWasmKernels(): void {
  for (const { remove } of REPLACEMENTS) remove();
  removeIdentity();
}
