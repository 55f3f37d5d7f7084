import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { Module } from "../core/module.ts";
import type { SequenceBatch } from "../core/sequence-batch.ts";

/** A shape as Keras writes it: null for a size that is not known before the data come. */
export type KerasShape = (number | null)[];

/** A module that can be made again from its configuration, which JSON can hold. */
export type ConfiguredModule = Module & { readonly config: object };

/** What Keras gave a layer, sorted. */
export interface KerasInputs {
  readonly sequences: readonly SequenceBatch[];
  readonly tensors: readonly tf.Tensor[];
}

/**
 * How one class of modules is used as a Keras layer. The library's own classes have theirs; a class of your own needs one
 * for `asKerasLayer` and, before a model is loaded, for `registerKerasLayers`.
 */
export interface KerasAdapter<M extends ConfiguredModule = ConfiguredModule> {
  /** What the class is called in saved models. */
  readonly name: string;
  readonly module: abstract new (...words: never[]) => M;
  /** The module anew; the weights come later. */
  create(config: M["config"]): M;
  /** How many sequences and how many other tensors it takes. */
  inputs(module: M): { readonly sequences: number; readonly tensors: number };
  /** The result's shape, from that of the first input. */
  outputShape(module: M, first: KerasShape): KerasShape;
  /** Whether the result has no time axis, so that no mask goes with it. */
  readonly pools: boolean;
  forward(module: M, inputs: KerasInputs, options: ForwardOptions): tf.Tensor;
  /** The parameters that training changes. Default: all. */
  trainable?(module: M): ReadonlyMap<string, tf.Variable>;
}
