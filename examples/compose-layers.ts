/**
 * Layers as building blocks: a model of one's own - a bidirectional LSTM, attention pooling, a linear head - trained
 * to tell where in a sequence a spike stands. The attention learns to look there.
 *
 *     npx tsx examples/compose-layers.ts
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { Module, padSequences, RandomStream, type SequenceBatch, type SequenceRows } from "multimodal-video-tag";
import { AttentionPooling, BidirectionalLstm, Linear } from "multimodal-video-tag/layers";
import { computeGradients, rmsProp } from "multimodal-video-tag/training";

const SIZE = 4;

class SpikeClassifier extends Module {
  readonly lstm: BidirectionalLstm;
  readonly pooling: AttentionPooling;
  readonly head: Linear;

  constructor(random: RandomStream) {
    super();
    this.lstm = new BidirectionalLstm({ inputSize: SIZE, units: 8 }, random);
    this.pooling = new AttentionPooling({ inputSize: this.lstm.outputSize }, random);
    this.head = new Linear({ inputSize: this.lstm.outputSize, outputSize: SIZE }, random);
  }

  /** @returns logits [batch, SIZE] and attention weights [batch, time] */
  forward(sequence: SequenceBatch): { logits: tf.Tensor2D; weights: tf.Tensor2D } {
    return tf.tidy(() => {
      const { pooled, weights } = this.pooling.forward({ values: this.lstm.forward(sequence), mask: sequence.mask });
      return { logits: this.head.forward(pooled) as tf.Tensor2D, weights };
    });
  }
}

/** A sequence of noise with one spike: its column is the class, its row is where attention should be. */
function drawSequence(random: RandomStream): { rows: SequenceRows; label: number; spike: number } {
  const rows = 4 + random.nextInteger(8);
  const [label, spike] = [random.nextInteger(SIZE), random.nextInteger(rows)];
  const data = Float32Array.from({ length: rows * SIZE }, () => 0.5 * random.nextNormal());
  data[spike * SIZE + label] = 4;
  return { rows: { rows, size: SIZE, data }, label, spike };
}

tf.enableProdMode();
await tf.setBackend("wasm");
const random = new RandomStream(7);
const model = new SpikeClassifier(random);
const parameters = model.parameters();
const optimizer = rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 0 });
const state = optimizer.init(parameters);
for (let step = 0; step < 60; step++) {
  const drawn = Array.from({ length: 32 }, () => drawSequence(random));
  const sequence = padSequences(
    drawn.map(({ rows }) => rows),
    SIZE,
  );
  const labels = tf.oneHot(
    drawn.map(({ label }) => label),
    SIZE,
  );
  const { loss, gradients } = computeGradients(
    () => tf.losses.softmaxCrossEntropy(labels, model.forward(sequence).logits) as tf.Scalar,
    parameters,
  );
  optimizer.update(parameters, gradients, state, 0.01);
  if (step % 20 === 0) console.log(`step ${step}: loss ${(await loss.data())[0]?.toFixed(3)}`);
  tf.dispose([sequence, labels, loss, ...gradients.values()]);
}

const { rows, label, spike } = drawSequence(random);
const output = model.forward(padSequences([rows], SIZE));
const guess = (await output.logits.argMax(1).data())[0];
const weights = await output.weights.data();
console.log(
  `class ${label}, guessed ${guess}; spike in row ${spike}, attention ${[...weights].map((weight) => weight.toFixed(2))}`,
);
