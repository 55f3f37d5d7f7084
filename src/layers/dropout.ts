import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { type DropoutScaling, dropout } from "../ops/dropout.ts";

export interface DropoutConfig {
  /** The chance of a value to be dropped in training. */
  readonly rate: number;
  /** Default `training`, the usual form. */
  readonly scaling?: DropoutScaling;
}

/**
 * Drops values at random in training.
 * - scaling `training`: x * kept / (1 - rate) in training, x at inference
 * - scaling `inference`: x * kept in training, x * (1 - rate) at inference: Paddle's older form, which trained the
 *   published MultimodalVideoTag checkpoints
 */
export class Dropout extends Module {
  readonly config: DropoutConfig;

  constructor(config: DropoutConfig) {
    super();
    this.config = config;
    expectOptions("Dropout", config, { needed: { rate: "rate" }, optional: { scaling: ["training", "inference"] } });
  }

  /** @returns a tensor of the shape of x, owned by the caller */
  forward<T extends tf.Tensor>(x: T, options: ForwardOptions = {}): T {
    return dropout(x, this.config.rate, this.config.scaling ?? "training", options) as T;
  }
}
