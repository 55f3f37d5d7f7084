import type * as tf from "@tensorflow/tfjs-core";
import { type InitialValues, truncatedNormal } from "../core/initializers.ts";
import { Module } from "../core/module.ts";
import { expectOptions } from "../core/options.ts";
import { embeddingLookup } from "../ops/embedding-lookup.ts";

export interface EmbeddingConfig {
  readonly rows: number;
  readonly size: number;
  /** Deviation of the truncated normal distribution that the table starts from. */
  readonly initializerRange: number;
}

/** A vector for each whole number in [0, rows). */
export class Embedding extends Module {
  readonly config: EmbeddingConfig;
  /** [rows, size] */
  readonly table: tf.Variable<tf.Rank.R2>;

  constructor(config: EmbeddingConfig, random: InitialValues) {
    super();
    this.config = config;
    expectOptions("Embedding", config, { needed: { rows: "size", size: "size", initializerRange: "number" } });
    this.table = truncatedNormal(config.rows, config.size, config.initializerRange, random);
  }

  /**
   * @param ids int32 of any shape, each in [0, rows): not checked here, as that would mean to read them back
   * @returns [...ids, size], owned by the caller
   */
  forward(ids: tf.Tensor): tf.Tensor {
    return embeddingLookup(this.table, ids);
  }
}
