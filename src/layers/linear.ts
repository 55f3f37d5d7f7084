import type * as tf from "@tensorflow/tfjs-core";
import { expectShape } from "../core/errors.ts";
import { constant, type InitialValues, xavierUniform } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { type DenseActivation, dense } from "../ops/dense.ts";

export interface LinearConfig {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Default `linear`. */
  readonly activation?: DenseActivation;
  /** Default true. */
  readonly bias?: boolean;
}

/** A fully connected layer: `activation(x * kernel + bias)`. The kernel starts Xavier-uniform, the bias at 0. */
export class Linear extends Module {
  readonly config: LinearConfig;
  /** [inputSize, outputSize] */
  readonly kernel: tf.Variable<tf.Rank.R2>;
  /** [outputSize] */
  readonly bias: tf.Variable<tf.Rank.R1> | undefined;

  constructor(config: LinearConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("Linear", config, {
      needed: { inputSize: "size", outputSize: "size" },
      optional: { activation: "text", bias: "flag" },
    });
    this.kernel = xavierUniform(config.inputSize, config.outputSize, random);
    this.bias = config.bias === false ? undefined : constant(config.outputSize, 0);
  }

  /**
   * @param x [..., inputSize]
   * @param mask [...] of ones and zeros: what a row with a zero gives has no meaning
   * @returns [..., outputSize], owned by the caller
   * @throws ShapeError when the last axis of x is not inputSize
   */
  forward(x: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
    expectShape("Linear: x", x, [...x.shape.slice(0, -1), this.config.inputSize]);
    const { activation } = this.config;
    return dense(x, this.kernel, this.bias, { ...(activation && { activation }), ...(mask && { mask }) });
  }
}
