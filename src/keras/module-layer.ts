import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { ShapeError } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import { RandomStream } from "../core/random-stream.ts";
import type { SequenceBatch } from "../core/sequence-batch.ts";
import { adapterNamed } from "./adapter-registry.ts";
import type { ConfiguredModule, KerasAdapter, KerasInputs, KerasShape } from "./keras-adapter.ts";
import { ParameterVariable } from "./parameter-variable.ts";

/** What any layer of Keras may be told; `inputShape` is for the first one of a `tf.sequential`. */
export interface KerasLayerOptions {
  readonly name?: string;
  /** Without the batch: [time, featureSize], with null for any size. */
  readonly inputShape?: KerasShape;
  readonly trainable?: boolean;
  /** Of dropout in training. Default 0. */
  readonly seed?: number;
}

type Masks = tf.Tensor | null | (tf.Tensor | null)[];

/** A module as a layer of Keras. `asKerasLayer` makes it. */
export class ModuleLayer extends layers.Layer {
  static className = "MultimodalVideoTagModule";
  /** The module itself, with the same parameters. */
  readonly module: ConfiguredModule;
  readonly #adapter: KerasAdapter;
  readonly #seed: number;
  #steps = 0;

  constructor(module: ConfiguredModule, adapter: KerasAdapter, { seed = 0, ...options }: KerasLayerOptions) {
    super(options);
    this.module = module;
    this.supportsMasking = true;
    this.#adapter = adapter;
    this.#seed = seed;
  }

  /** What Keras makes of a saved model's description: the module with zeros, which the saved weights replace. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    _: tf.serialization.SerializableConstructor<T>,
    saved: tf.serialization.ConfigDict,
  ): T {
    const { module, ...options } = saved;
    const description = JSON.parse((module as { name: string }).name) as { class: string; config: object };
    const adapter = adapterNamed(description.class);
    return new ModuleLayer(adapter.create(description.config), adapter, options) as unknown as T;
  }

  override build(): void {
    const trainable = this.#adapter.trainable?.(this.module) ?? this.module.parameters();
    const weights = [...this.module.parameters()].map(
      ([path, parameter]) => new ParameterVariable(parameter, path, trainable.has(path)),
    );
    this.trainableWeights = weights.filter((weight) => weight.trainable);
    this.nonTrainableWeights = weights.filter((weight) => !weight.trainable);
    this.built = true;
  }

  override computeOutputShape(shapes: KerasShape | KerasShape[]): KerasShape {
    return this.#adapter.outputShape(this.module, Array.isArray(shapes[0]) ? shapes[0] : (shapes as KerasShape));
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean; mask?: Masks } = {}): tf.Tensor {
    this.invokeCallHook(inputs, kwargs);
    return tf.tidy(() => this.#adapter.forward(this.module, this.#sorted(inputs, kwargs.mask), this.#options(kwargs)));
  }

  /** The mask of the first sequence, where the result still has its time axis. */
  override computeMask(inputs: tf.Tensor | tf.Tensor[], mask?: Masks): tf.Tensor | tf.Tensor[] {
    // Keras asks twice; the first time, without any masks, is for a note on the result that nothing here reads.
    const found = mask === undefined || this.#adapter.pools ? undefined : (this.#maskInput(inputs) ?? first(mask));
    // Keras disposes of the masks that it got, and must not get a caller's. Its types lack the null that it asks for.
    return (found ? tf.clone(found) : null) as tf.Tensor;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const module = JSON.stringify({ class: this.#adapter.name, config: this.module.config });
    // Keras turns every string and key of a configuration into snake case, but for a string that is called "name".
    return { ...super.getConfig(), seed: this.#seed, module: { name: module } };
  }

  #options({ training }: { training?: boolean }): ForwardOptions {
    return training ? { training, random: new RandomStream(this.#seed).fork(this.#steps++) } : {};
  }

  /** The mask that stands beside the first sequence among the inputs, if it does. */
  #maskInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | undefined {
    const { sequences, tensors } = this.#adapter.inputs(this.module);
    return sequences > 0 && [inputs].flat().length === 2 * sequences + tensors ? [inputs].flat()[1] : undefined;
  }

  #sorted(inputs: tf.Tensor | tf.Tensor[], kerasMask: Masks | undefined): KerasInputs {
    const { sequences, tensors } = this.#adapter.inputs(this.module);
    const given = [inputs].flat();
    const masked = this.#maskInput(inputs) !== undefined;
    const unmasked = sequences <= 1 && given.length === sequences + tensors;
    if (!masked && !unmasked) {
      throw new ShapeError(
        `${this.#adapter.name}: a layer of it takes ${describeInputs(sequences, tensors)}. Got ${given.length} inputs.`,
      );
    }
    const width = masked ? 2 : 1;
    const batches = Array.from({ length: sequences }, (_, index): SequenceBatch => {
      const values = given[width * index] as tf.Tensor3D;
      const mask = masked ? (given[width * index + 1] as tf.Tensor) : first(kerasMask);
      return {
        values,
        mask: (mask ? tf.cast(mask, "float32") : tf.ones([values.shape[0], values.shape[1]])) as tf.Tensor2D,
      };
    });
    return { sequences: batches, tensors: given.slice(width * sequences) };
  }
}

function first(masks: Masks | undefined): tf.Tensor | undefined {
  return (Array.isArray(masks) ? masks[0] : masks) ?? undefined;
}

function describeInputs(sequences: number, tensors: number): string {
  const words = [
    ...Array.from({ length: sequences }, () => "values, mask"),
    ...Array.from({ length: tensors }, () => "a tensor"),
  ];
  return `[${words.join(", ")}]`;
}
