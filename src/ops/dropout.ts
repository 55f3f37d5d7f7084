import * as tf from "@tensorflow/tfjs-core";
import { expectRate } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";

/**
 * When dropout makes up for the values that it drops.
 * - `training`: kept values are divided by 1 - rate in training, nothing happens at inference (the usual form).
 * - `inference`: kept values stay as they are in training, all are multiplied by 1 - rate at inference (Paddle's
 *   older form, "downgrade in infer").
 */
export type DropoutScaling = "training" | "inference";

/**
 * Sets each value to 0 with the chance `rate`, in training.
 *
 * @returns the shape of x, owned by the caller
 */
export function dropout(x: tf.Tensor, rate: number, scaling: DropoutScaling, options: ForwardOptions): tf.Tensor {
  expectRate("Dropout: rate", rate);
  if (!options.training) return scaling === "inference" && rate > 0 ? tf.mul(x, 1 - rate) : tf.clone(x);
  if (rate === 0) return tf.clone(x);
  const kept = new Float32Array(x.size);
  const factor = scaling === "training" ? 1 / (1 - rate) : 1;
  for (let index = 0; index < kept.length; index++) kept[index] = options.random.next() >= rate ? factor : 0;
  return tf.tidy(() => tf.mul(x, tf.tensor(kept, x.shape)));
}
