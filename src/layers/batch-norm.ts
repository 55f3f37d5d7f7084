import * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import { constant } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import type { KeepsStatistics, Moments } from "../core/moments.ts";
import { expectOptions } from "../core/options.ts";
import { batchNorm, normalizeBy } from "../ops/batch-norm.ts";

export interface BatchNormConfig {
  /** Width of a row. */
  readonly size: number;
  /**
   * Whose rules the running statistics follow. Default `pytorch`.
   * - `pytorch`: momentum is the share of the new (0.1), the running variance is unbiased (over n - 1), epsilon 1e-5
   * - `tensorflow`: momentum is the share that stays (0.99), the running variance is biased (over n), epsilon 1e-3. With
   *   momentum 0.9 and epsilon 1e-5 these are Paddle's
   */
  readonly convention?: "pytorch" | "tensorflow";
  /** How fast the running statistics move, as the convention counts it. */
  readonly momentum?: number;
  /** Added to the variance. */
  readonly epsilon?: number;
}

/**
 * Normalizes each column to mean 0 and variance 1 over the rows of a batch, then scales and shifts it:
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias`. In prediction, and when it is frozen, mean and variance are the
 * running ones, which a training step moves towards those of its batch.
 *
 * Where a batch is taken in parts or by several threads, each part is normalized by itself; the running statistics are
 * those of the whole batch.
 *
 * Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
 */
export class BatchNorm extends Module implements KeepsStatistics {
  readonly config: BatchNormConfig;
  /** [size], ones at first */
  readonly scale: tf.Variable<tf.Rank.R1>;
  /** [size], zeros at first */
  readonly bias: tf.Variable<tf.Rank.R1>;
  /** [size], zeros at first; not trained, but moved by training steps */
  readonly mean: tf.Variable<tf.Rank.R1>;
  /** [size], ones at first; likewise */
  readonly variance: tf.Variable<tf.Rank.R1>;

  constructor(config: BatchNormConfig) {
    super();
    this.config = config;
    expectOptions("BatchNorm", config, {
      needed: { size: "size" },
      optional: { convention: ["pytorch", "tensorflow"], momentum: "rate", epsilon: "number" },
    });
    this.scale = constant(config.size, 1);
    this.bias = constant(config.size, 0);
    this.mean = constant(config.size, 0);
    this.variance = constant(config.size, 1);
    this.mean.trainable = false;
    this.variance.trainable = false;
  }

  /**
   * @param x [..., size]
   * @param mask [...] of ones and zeros: a row with a zero does not count, and what it gives has no meaning. Default: all do
   * @returns [..., size], owned by the caller
   * @throws ShapeError when the last axis of x is not size, or the mask does not fit the others
   */
  forward(x: tf.Tensor, options: ForwardOptions = {}, mask?: tf.Tensor): tf.Tensor {
    const outer = x.shape.slice(0, -1);
    expectShape("BatchNorm: x", x, [...outer, this.config.size]);
    if (mask) expectShape("BatchNorm: mask", mask, outer);
    return tf.tidy(() => {
      const rows = tf.reshape(x, [-1, this.config.size]) as tf.Tensor2D;
      return tf.reshape(this.#normalize(rows, options, mask), x.shape);
    });
  }

  absorb({ rows, mean, variance }: Moments): void {
    if (rows === 0) return;
    const { convention = "pytorch", momentum } = this.config;
    const isPytorch = convention === "pytorch";
    const share = isPytorch ? (momentum ?? 0.1) : 1 - (momentum ?? 0.99);
    const bessel = isPytorch && rows > 1 ? rows / (rows - 1) : 1;
    move(this.mean, mean, share);
    move(
      this.variance,
      variance.map((value) => value * bessel),
      share,
    );
  }

  #normalize(rows: tf.Tensor2D, options: ForwardOptions, mask: tf.Tensor | undefined): tf.Tensor2D {
    const { scale, bias, mean, variance } = this;
    const epsilon = this.config.epsilon ?? (this.config.convention === "tensorflow" ? 1e-3 : 1e-5);
    if (!options.training || !scale.trainable) return normalizeBy(rows, { mean, variance }, scale, bias, epsilon);
    const inside = mask ? tf.reshape(mask, [-1]) : tf.ones([rows.shape[0]]);
    const { y, moments } = batchNorm(rows, scale, bias, inside as tf.Tensor1D, epsilon);
    options.moments?.take(this, moments);
    return y;
  }
}

/** `running = (1 - share) * running + share * values` */
function move(running: tf.Variable<tf.Rank.R1>, values: readonly number[], share: number): void {
  tf.tidy(() => running.assign(tf.add(tf.mul(running, 1 - share), tf.mul(tf.tensor1d([...values]), share))));
}
