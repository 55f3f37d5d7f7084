import { registerFasterKernel, removeFasterKernel } from "../../core/composed-kernel.ts";
import { attentionKernel } from "../../ops/attention.ts";
import { layerNormKernel } from "../../ops/layer-norm.ts";
import { peepholeLstmKernel } from "../../ops/peephole-lstm.ts";
import { peepholeLstmGradientKernel } from "../../ops/peephole-lstm-gradient.ts";
import { productKernel } from "../../ops/product.ts";
import { webGpuAttention } from "./attention.ts";
import { webGpuLayerNorm } from "./layer-norm.ts";
import { webGpuPeepholeLstm } from "./peephole-lstm.ts";
import { webGpuPeepholeLstmGradient } from "./peephole-lstm-gradient.ts";
import { webGpuProduct } from "./product.ts";

/** Puts kernels written in WGSL in the place of composed ones on tfjs's WebGPU backend. */
export function registerWebGpuKernels(): void {
  registerFasterKernel(peepholeLstmKernel, "webgpu", webGpuPeepholeLstm);
  registerFasterKernel(peepholeLstmGradientKernel, "webgpu", webGpuPeepholeLstmGradient);
  registerFasterKernel(attentionKernel, "webgpu", webGpuAttention);
  registerFasterKernel(layerNormKernel, "webgpu", webGpuLayerNorm);
  registerFasterKernel(productKernel, "webgpu", webGpuProduct);
}

/** The composed kernels do the work again. */
export function removeWebGpuKernels(): void {
  const kernels = [peepholeLstmKernel, peepholeLstmGradientKernel, attentionKernel, layerNormKernel, productKernel];
  for (const { name } of kernels) removeFasterKernel({ name }, "webgpu");
}
