import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { withL2Decay } from "./l2-decay.ts";

export type SgdStepAttributes = {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
};

export type SgdStepInputs = {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly velocity: tf.Tensor | undefined;
};

/** A step of stochastic gradient descent. Outputs: parameter, and velocity where one is given. */
export const sgdStepKernel: ComposedKernel<SgdStepInputs, tf.Tensor[], SgdStepAttributes> = {
  name: "MultimodalVideoTagSgdStep",
  forward: ({ parameter, gradient, velocity }, { learningRate, weightDecay, momentum, nesterov }) => {
    const g = withL2Decay(gradient, parameter, weightDecay);
    const moved = velocity && tf.add(tf.mul(velocity, momentum), g);
    const direction = nesterov && moved ? tf.add(g, tf.mul(moved, momentum)) : (moved ?? g);
    const changed = tf.sub(parameter, tf.mul(direction, learningRate));
    return moved ? [changed, moved] : [changed];
  },
};
