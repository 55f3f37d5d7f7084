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

/** Every WebGPU backend runs them: what a device cannot hold is found out call by call. */
const worksOn = (): boolean => true;

/** Puts kernels written in WGSL in the place of composed ones on tfjs's WebGPU backend. */
export function registerWebGpuKernels(): void {
  registerFasterKernel(peepholeLstmKernel, "webgpu", { worksOn, run: webGpuPeepholeLstm });
  registerFasterKernel(peepholeLstmGradientKernel, "webgpu", { worksOn, run: webGpuPeepholeLstmGradient });
  registerFasterKernel(attentionKernel, "webgpu", { worksOn, run: webGpuAttention });
  registerFasterKernel(layerNormKernel, "webgpu", { worksOn, run: webGpuLayerNorm });
  registerFasterKernel(productKernel, "webgpu", { worksOn, run: webGpuProduct });
}

/** The composed kernels do the work again. */
export function removeWebGpuKernels(): void {
  const kernels = [peepholeLstmKernel, peepholeLstmGradientKernel, attentionKernel, layerNormKernel, productKernel];
  for (const { name } of kernels) removeFasterKernel({ name }, "webgpu");
}
