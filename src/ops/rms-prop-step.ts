import * as tf from "@tensorflow/tfjs-core";
import type { ComposedKernel } from "../core/composed-kernel.ts";
import { withL2Decay } from "./l2-decay.ts";
import { nextMean } from "./running-mean.ts";

export type RmsPropStepAttributes = {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly rho: number;
  readonly epsilon: number;
};

export type RmsPropStepInputs = {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly meanSquare: tf.Tensor;
  readonly mean: tf.Tensor;
};

/** A step of centered RMSProp. Outputs: parameter, meanSquare, mean. */
export const rmsPropStepKernel: ComposedKernel<RmsPropStepInputs, tf.Tensor[], RmsPropStepAttributes> = {
  name: "MultimodalVideoTagRmsPropStep",
  forward: ({ parameter, gradient, meanSquare, mean }, { learningRate, weightDecay, rho, epsilon }) => {
    const g = withL2Decay(gradient, parameter, weightDecay);
    const nextMeanSquare = nextMean(meanSquare, tf.square(g), rho);
    const nextMeanGradient = nextMean(mean, g, rho);
    const deviation = tf.sqrt(tf.add(tf.sub(nextMeanSquare, tf.square(nextMeanGradient)), epsilon));
    const changed = tf.sub(parameter, tf.mul(tf.div(g, deviation), learningRate));
    return [changed, nextMeanSquare, nextMeanGradient];
  },
};
