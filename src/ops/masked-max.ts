import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, type NoAttributes, runComposedKernel } from "../core/composed-kernel.ts";

const LOWEST = -3e38;

type MaskedValues = { readonly values: tf.Tensor3D; readonly mask: tf.Tensor2D };

/** Outputs: the highest values, and the time at which each stands. */
const maskedMaxKernel: ComposedKernel<MaskedValues, [tf.Tensor2D, tf.Tensor2D], NoAttributes, [tf.Tensor2D]> = {
  name: "MultimodalVideoTagMaskedMax",
  forward: ({ values, mask }) => {
    const inside = tf.expandDims(mask, 2);
    const masked = tf.add(tf.mul(values, inside), tf.mul(tf.sub(1, inside), LOWEST));
    const anything = tf.max(mask, 1, true);
    const highest: tf.Tensor2D = tf.where(tf.cast(anything, "bool"), tf.max(masked, 1), 0);
    return [highest, tf.argMax(masked, 1)];
  },
  savedOutputs: [false, true],
  gradient: ([dy], { values, mask }, [winners]) => ({
    values: () => {
      // Only the first of equal rows gets the gradient, as in Paddle; that of tf.max goes to each of them.
      // (oneHot and equal would say it plainer: the one is broken on WebGPU, the other slow on wasm.)
      const time = tf.reshape(tf.range(0, values.shape[1]), [1, -1, 1]);
      const distance = tf.abs(tf.sub(time, tf.cast(tf.expandDims(winners, 1), "float32")));
      const won = tf.relu(tf.sub(1, distance));
      return tf.mul(tf.mul(won, tf.expandDims(dy, 1)), tf.expandDims(mask, 2));
    },
    mask: () => tf.zerosLike(mask),
  }),
};

/**
 * The highest value over time of what the mask keeps; zeros for a sequence without any row.
 *
 * @param values [batch, time, size]
 * @param mask [batch, time] of ones and zeros
 * @returns [batch, size], owned by the caller
 */
export function maskedMax(values: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => runComposedKernel(maskedMaxKernel, { values, mask }, {})[0]);
}
