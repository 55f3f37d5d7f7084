import * as tf from "@tensorflow/tfjs-core";
import { Module } from "../../src/core/module.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import { padSequences, type SequenceRows } from "../../src/core/sequence-batch.ts";
import { BatchNorm } from "../../src/layers/batch-norm.ts";
import { Dropout } from "../../src/layers/dropout.ts";
import { Linear } from "../../src/layers/linear.ts";
import { MeanPooling } from "../../src/layers/pooling/mean-pooling.ts";
import { stepOf, type TrainStep } from "../../src/training/train-step.ts";

/** A sequence and the number that belongs to it. */
export interface SequenceExample {
  readonly rows: SequenceRows;
  readonly target: number;
}

/** No tagger: the mean of a hidden layer over time, then one number. */
export class SequenceRegression extends Module {
  readonly hidden: Linear;
  readonly dropout = new Dropout({ rate: 0.2, scaling: "training" });
  readonly pooling: MeanPooling;
  readonly head: Linear;

  /** Has running statistics. */
  readonly norm: BatchNorm | undefined;

  constructor(random: RandomStream, { norm = false } = {}) {
    super();
    this.norm = norm ? new BatchNorm({ size: 5 }) : undefined;
    this.hidden = new Linear({ inputSize: 3, outputSize: 5, activation: "tanh" }, random);
    this.pooling = new MeanPooling({ inputSize: 5 });
    this.head = new Linear({ inputSize: 5, outputSize: 1 }, random);
  }
}

/** Its step: squared errors, summed. */
export function regressionStep(model: SequenceRegression, { dropout = true } = {}): TrainStep<SequenceExample> {
  return stepOf(model, (examples, options) => {
    const { values, mask } = padSequences(
      examples.map(({ rows }) => rows),
      3,
    );
    const inner = model.hidden.forward(values);
    const hidden = (model.norm?.forward(inner, options, mask) ?? inner) as tf.Tensor3D;
    const { pooled } = model.pooling.forward({ values: hidden, mask });
    const found = model.head.forward(model.dropout.forward(pooled, dropout ? options : {}));
    const targets = tf.tensor2d(
      examples.map(({ target }) => target),
      [examples.length, 1],
    );
    return tf.sum(tf.squaredDifference(found, targets));
  });
}

/** Sequences of 1 to 4 rows whose number is the mean of the first column minus that of the second. */
export function sequenceExamples(count: number, seed: number): SequenceExample[] {
  const random = new RandomStream(seed);
  return Array.from({ length: count }, () => {
    const rows = 1 + random.nextInteger(4);
    const data = Float32Array.from({ length: rows * 3 }, () => random.nextNormal());
    let target = 0;
    for (let row = 0; row < rows; row++) target += ((data[row * 3] as number) - (data[row * 3 + 1] as number)) / rows;
    return { rows: { rows, size: 3, data }, target };
  });
}
