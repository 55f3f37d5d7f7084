import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { withL2Decay } from "./l2-decay.ts";

export type SgdStepAttributes = {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
};

/** A step of stochastic gradient descent: [parameter, gradient, velocity?] -> [parameter, velocity?]. */
export const sgdStepKernel: ComposedKernel<SgdStepAttributes> = {
  name: "MultimodalVideoTagSgdStep",
  forward: (inputs, { learningRate, weightDecay, momentum, nesterov }) => {
    const [parameter, gradient, velocity] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
    const g = withL2Decay(gradient, parameter, weightDecay);
    const moved = velocity && tf.add(tf.mul(velocity, momentum), g);
    const direction = nesterov && moved ? tf.add(g, tf.mul(moved, momentum)) : (moved ?? g);
    const changed = tf.sub(parameter, tf.mul(direction, learningRate));
    return moved ? [changed, moved] : [changed];
  },
};
