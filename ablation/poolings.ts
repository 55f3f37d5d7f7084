import * as tf from "@tensorflow/tfjs-core";
import type { InitialValues, SequenceBatch } from "../src/index.ts";
import {
  AttentionPooling,
  Linear,
  MeanPooling,
  POOLINGS,
  type PooledSequence,
  type PoolingKind,
  TemporalPooling,
} from "../src/layers/index.ts";
import type { Poolings } from "../src/models/index.ts";

/** A sequence's first row: of a title, its [CLS]. */
class FirstRow extends TemporalPooling {
  readonly outputSize: number;

  constructor(inputSize: number) {
    super();
    this.outputSize = inputSize;
  }

  forward({ values, mask }: SequenceBatch): PooledSequence {
    return tf.tidy(() => {
      const [batch, , size] = values.shape;
      const first = tf.reshape(tf.slice(values, [0, 0, 0], [batch, 1, size]), [batch, size]);
      return { pooled: tf.mul(first, tf.slice(mask, [0, 0], [batch, 1])) };
    });
  }
}

/** tanh(Linear(mean of the rows)) */
class DenseMean extends TemporalPooling {
  readonly mean: MeanPooling;
  readonly dense: Linear;

  constructor(inputSize: number, outputSize: number, random: InitialValues) {
    super();
    this.mean = new MeanPooling({ inputSize });
    this.dense = new Linear({ inputSize, outputSize, activation: "tanh" }, random);
  }

  get outputSize(): number {
    return this.dense.config.outputSize;
  }

  forward(sequence: SequenceBatch): PooledSequence {
    return tf.tidy(() => ({ pooled: this.dense.forward(this.mean.forward(sequence).pooled) as tf.Tensor2D }));
  }
}

/** Guided attention that sees zeros in place of its guide. */
class BlindAttention extends TemporalPooling {
  readonly attention: AttentionPooling;

  constructor(inputSize: number, guideSize: number | undefined, random: InitialValues) {
    super();
    this.attention = new AttentionPooling({ inputSize, guideSize }, random);
  }

  get outputSize(): number {
    return this.attention.outputSize;
  }

  forward(sequence: SequenceBatch, guide?: tf.Tensor2D): PooledSequence {
    return tf.tidy(() => this.attention.forward(sequence, guide && tf.zerosLike(guide)));
  }
}

const FIRST: PoolingKind = {
  fields: {},
  takesGuide: false,
  measure: (_, { inputSize }) => ({ outputSize: inputSize, parameters: 0 }),
  create: (_, { inputSize }) => new FirstRow(inputSize),
};

type DenseMeanFields = { readonly size: (typeof POOLINGS)["text-cnn"]["fields"]["filters"] };

const DENSE_MEAN: PoolingKind<DenseMeanFields> = {
  fields: { size: POOLINGS["text-cnn"].fields.filters },
  takesGuide: false,
  measure: ({ size }, { inputSize }) => ({ outputSize: size, parameters: (inputSize + 1) * size }),
  create: ({ size }, { inputSize }, random) => new DenseMean(inputSize, size, random),
};

const BLIND: PoolingKind = {
  ...POOLINGS.attention,
  create: (_, { inputSize, guideSize }, random) => new BlindAttention(inputSize, guideSize, random),
};

/** The library's poolings, and those that only the ablation has. */
export const ABLATION_POOLINGS: Poolings = {
  ...POOLINGS,
  "ablation/first": FIRST,
  "ablation/dense-mean": DENSE_MEAN,
  "ablation/blind": BLIND,
};
