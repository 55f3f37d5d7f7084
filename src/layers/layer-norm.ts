import type * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";
import { constant } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { layerNorm } from "../ops/layer-norm.ts";

export interface LayerNormConfig {
  readonly size: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** Normalizes the last axis to mean 0 and variance 1, then scales and shifts it. Source: arXiv:1607.06450. */
export class LayerNorm extends Module {
  readonly config: LayerNormConfig;
  /** [size], ones at first */
  readonly scale: tf.Variable<tf.Rank.R1>;
  /** [size], zeros at first */
  readonly bias: tf.Variable<tf.Rank.R1>;

  constructor(config: LayerNormConfig) {
    super();
    this.config = config;
    expectOptions("LayerNorm", config, { needed: { size: "size" }, optional: { epsilon: "number" } });
    this.scale = constant(config.size, 1);
    this.bias = constant(config.size, 0);
  }

  /**
   * @param x [..., size]
   * @returns [..., size], owned by the caller
   * @throws ShapeError when the last axis of x is not size
   */
  forward(x: tf.Tensor): tf.Tensor {
    expectShape("LayerNorm: x", x, [...x.shape.slice(0, -1), this.config.size]);
    return layerNorm(x, this.scale, this.bias, this.config.epsilon ?? 1e-5);
  }
}
