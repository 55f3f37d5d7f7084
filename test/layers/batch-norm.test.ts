import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import type { ForwardOptions } from "../../src/core/forward-options.ts";
import { Module } from "../../src/core/module.ts";
import { absorbMoments, MomentCollector } from "../../src/core/moments.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import { padSequences, sequenceMask } from "../../src/core/sequence-batch.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { BatchNorm, type BatchNormConfig } from "../../src/layers/batch-norm.ts";
import { batchNorm } from "../../src/ops/batch-norm.ts";
import { describeOnBackends } from "../support/backends.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { describeSequenceLayer } from "../support/sequence-layer.ts";
import {
  expectClose,
  expectGradients,
  expectNoLeak,
  largest,
  randomizeParameters,
  randomSequence,
  randomTensor,
} from "../support/tensors.ts";

const training = (moments?: MomentCollector) =>
  ({ training: true, random: new RandomStream(1), ...(moments && { moments }) }) as const;

/** A step's forward pass, and what the running statistics are after it. */
async function step(layer: BatchNorm, { values, mask }: SequenceBatch): Promise<tf.Tensor> {
  const moments = new MomentCollector();
  const y = layer.forward(values, training(moments), mask);
  for (const own of (await moments.read(layer)).values()) layer.absorb(own);
  moments.dispose();
  return y;
}

/** The real rows of a batch. */
async function rowsOf({ values, mask }: SequenceBatch): Promise<number[][]> {
  const [inside, all] = [await mask.array(), await values.array()];
  return all.flatMap((rows, index) => rows.filter((_, time) => inside[index]?.[time] === 1));
}

describeSequenceLayer("BatchNorm", {
  create: () => new BatchNorm({ size: 3 }),
  inputSize: 3,
  forward: (layer, { values, mask }) => layer.forward(values, {}, mask),
  failure: {
    run: (layer, _, wrong) => layer.forward(wrong),
    message: "BatchNorm: x must have shape [3, 3]. Got [3, 7].",
  },
});

describeOnBackends("BatchNorm", () => {
  test("normalizes by the moments of the rows that are there, whatever the padding holds", async () => {
    const random = new RandomStream(81);
    const layer = new BatchNorm({ size: 3, epsilon: 0.1 });
    randomizeParameters(layer.trainableParameters().values(), random);
    const sequence = randomSequence([2, 5, 1], 3, random, 6);
    const rows = await rowsOf(sequence);
    const [scale, bias] = [await layer.scale.data(), await layer.bias.data()];
    const got = layer.forward(sequence.values, training(), sequence.mask) as tf.Tensor3D;
    const expected = [0, 1, 2].map((column) => {
      const values = rows.map((row) => row[column] as number);
      const mean = values.reduce((sum, value) => sum + value, 0) / rows.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows.length;
      return values.map(
        (value) => ((value - mean) / Math.sqrt(variance + 0.1)) * (scale[column] as number) + (bias[column] as number),
      );
    });
    const found = await rowsOf({ values: got, mask: sequence.mask });
    for (const [column, values] of expected.entries()) {
      expectClose(
        found.map((row) => row[column] as number),
        values,
        2e-6,
        `column ${column}`,
      );
    }
  });

  test("has the gradient of its formula, moments included", async () => {
    const random = new RandomStream(82);
    const inputs = [[5, 3], [3], [3]].map((shape) => randomTensor(shape as [number], random));
    const mask = tf.tensor1d([1, 1, 0, 1, 1]);
    const weights = randomTensor([5, 3] as never, random);
    await expectGradients(
      (x, scale, bias) => {
        const { y } = batchNorm(x as tf.Tensor2D, scale as tf.Tensor1D, bias as tf.Tensor1D, mask, 1e-3);
        return tf.sum(tf.mul(y, weights)) as tf.Scalar;
      },
      inputs,
      ["x", "scale", "bias"],
    );
  });

  test.each<[BatchNormConfig, (old: number, mean: number) => number, (old: number, squares: number) => number]>([
    [{ size: 2 }, (old, mean) => 0.9 * old + 0.1 * mean, (old, squares) => 0.9 * old + (0.1 * squares) / 6],
    [
      { size: 2, momentum: 0.5 },
      (old, mean) => 0.5 * old + 0.5 * mean,
      (old, squares) => 0.5 * old + (0.5 * squares) / 6,
    ],
    [
      { size: 2, convention: "tensorflow" },
      (old, mean) => 0.99 * old + 0.01 * mean,
      (old, squares) => 0.99 * old + (0.01 * squares) / 7,
    ],
    [
      { size: 2, convention: "tensorflow", momentum: 0.9, epsilon: 1e-5 },
      (old, mean) => 0.9 * old + 0.1 * mean,
      (old, squares) => 0.9 * old + (0.1 * squares) / 7,
    ],
  ])("moves the running statistics as %j says, and predicts by them", async (config, nextMean, nextVariance) => {
    const layer = new BatchNorm(config);
    let [means, variances] = [
      [0, 0],
      [1, 1],
    ];
    for (const seed of [1, 2]) {
      const sequence = randomSequence([3, 4], 2, new RandomStream(seed));
      const rows = await rowsOf(sequence);
      (await step(layer, sequence)).dispose();
      const of = (column: number) => rows.map((row) => row[column] as number);
      const meanOf = (column: number) => of(column).reduce((sum, value) => sum + value, 0) / 7;
      const squaresOf = (column: number) => of(column).reduce((sum, value) => sum + (value - meanOf(column)) ** 2, 0);
      means = means.map((old, column) => nextMean(old, meanOf(column)));
      variances = variances.map((old, column) => nextVariance(old, squaresOf(column)));
    }
    expectClose(await layer.mean.data(), means, 1e-6, "mean");
    expectClose(await layer.variance.data(), variances, 1e-6, "variance");
    const epsilon = config.epsilon ?? (config.convention === "tensorflow" ? 1e-3 : 1e-5);
    const predicted = await layer.forward(tf.tensor2d([[3, -2]])).data();
    const expected = [3, -2].map(
      (value, column) => (value - (means[column] as number)) / Math.sqrt((variances[column] as number) + epsilon),
    );
    expectClose(predicted, expected, 2e-6, "prediction");
  });

  test("takes the moments of parts together for those of the whole", async () => {
    const layer = new BatchNorm({ size: 3 });
    const random = new RandomStream(83);
    const far = tf.tensor1d([100, 0, -5]);
    const x = tf.add(randomTensor<tf.Rank.R2>([9, 3], random), far);
    const [parts, whole] = [new MomentCollector(), new MomentCollector()];
    for (const [begin, size] of [
      [0, 2],
      [2, 6],
      [8, 1],
    ] as const) {
      layer.forward(tf.slice(x, begin, size), training(parts));
    }
    layer.forward(x, training(whole));
    const [merged, all] = [(await parts.read(layer)).get(""), (await whole.read(layer)).get("")];
    expect(merged?.rows).toBe(9);
    expectClose(merged?.mean ?? [], all?.mean ?? [], 2e-5, "mean");
    expectClose(merged?.variance ?? [], all?.variance ?? [], 2e-5, "variance");
    parts.dispose();
    whole.dispose();
  });

  test("works as in prediction when it is frozen, and then keeps its statistics", async () => {
    const layer = new BatchNorm({ size: 3 });
    layer.mean.assign(tf.tensor1d([1, 2, 3]));
    layer.freeze();
    const sequence = randomSequence([3, 1], 3, new RandomStream(84));
    const y = await step(layer, sequence);
    expect(await y.data()).toEqual(await layer.forward(sequence.values).data());
    expect([...(await layer.mean.data())]).toEqual([1, 2, 3]);
  });

  test("gives rows without any real one no meaning, and its statistics no step", async () => {
    const layer = new BatchNorm({ size: 2 });
    const values = randomTensor<tf.Rank.R3>([1, 2, 2], new RandomStream(85));
    const y = await step(layer, { values, mask: tf.zeros([1, 2]) });
    expect([...(await y.data())]).toEqual([0, 0, 0, 0]);
    expect([...(await layer.variance.data())]).toEqual([1, 1]);
  });

  test("leaves no tensor behind in training", async () => {
    const layer = new BatchNorm({ size: 3 });
    const sequence = randomSequence([3, 2], 3, new RandomStream(86));
    await expectNoLeak(async () => (await step(layer, sequence)).dispose());
    await expectNoLeak(() => {
      const forward = () => tf.sum(layer.forward(sequence.values, training(), sequence.mask)) as tf.Scalar;
      const { value, grads } = tf.variableGrads(forward);
      expect(Object.keys(grads).length).toBe(2);
      tf.dispose([value, grads]);
    });
  });
});

/** The arrays of a golden file by their names, as tensors. */
function golden(name: string): (key: string) => tf.Tensor {
  const file = goldenPath(`zoo/${name}.safetensors`);
  const { tensors } = readSafetensors(readFileSync(file), { file });
  return (key) => {
    const array = tensors.get(key);
    if (array === undefined) throw new Error(`${file}: ${key} is missing.`);
    return tf.tensor(array.data as Float32Array, [...array.shape]);
  };
}

/** Fills a layer with Paddle's or TensorFlow's four vectors. */
function fill(layer: BatchNorm, vectors: readonly tf.Tensor[]): void {
  for (const [index, variable] of [layer.scale, layer.bias, layer.mean, layer.variance].entries()) {
    variable.assign(vectors[index] as tf.Tensor1D);
  }
}

describeOnBackends("BatchNorm by the golden numbers", () => {
  test("of TensorFlow: a context gate in prediction", async () => {
    const of = golden("context-gating");
    const layer = new BatchNorm({ size: 7, convention: "tensorflow" });
    const names = ["gamma", "beta", "moving_mean", "moving_variance"];
    fill(
      layer,
      names.map((name) => of(`param.gating_bn/${name}`)),
    );
    const x = tf.concat([0, 1, 2, 3, 4].map((index) => of(`in.x.${index}`))) as tf.Tensor2D;
    const gates = tf.sigmoid(layer.forward(tf.matMul(x, of("param.gating_weights_2") as tf.Tensor2D)));
    expectClose(await tf.mul(x, gates).data(), await of("out.gated").data(), 1e-5, "gated");
  });

  test("of Paddle: a training step of NeXtVLAD over sequences of different lengths", async () => {
    const of = golden("nextvlad-layer-train");
    const names = ["w_0", "b_0", "w_1", "w_2"];
    const layerOf = (index: number, size: number) => {
      const layer = new BatchNorm({ size, convention: "tensorflow", momentum: 0.9, epsilon: 1e-5 });
      fill(
        layer,
        names.map((name) => of(`param.batch_norm_${index}.${name}`)),
      );
      return layer;
    };
    const [ofClusters, ofVlad] = [layerOf(0, 20), layerOf(1, 15)];
    const both = new (class extends Module {
      readonly clusters = ofClusters;
      readonly vlad = ofVlad;
    })();
    const lengths = [4, 1, 7, 3, 5];
    const padded = padSequences(
      lengths.map((rows, index) => ({ rows, size: 6, data: of(`in.x.${index}`).dataSync() as Float32Array })),
      6,
    );
    // The padding holds what no moment may see.
    const mask = sequenceMask(lengths, 7);
    const inside = tf.expandDims(mask, 2);
    const x = tf.add(padded.values, tf.mul(tf.sub(1, inside), 3.7));
    const product = (rows: tf.Tensor, kernel: string) => {
      const flat = tf.reshape(rows, [-1, rows.shape.at(-1) as number]) as tf.Tensor2D;
      return tf.reshape(tf.matMul(flat, of(`param.video_${kernel}`) as tf.Tensor2D), [...rows.shape.slice(0, -1), -1]);
    };
    const vladOf = (options: ForwardOptions): tf.Tensor => {
      const h = tf.add(product(x, "fc_expansion_w"), of("param.video_fc_expansion_b"));
      const attention = tf.sigmoid(tf.add(product(h, "fc_group_attention_w"), of("param.video_fc_group_attention_b")));
      const clusters = tf.reshape(ofClusters.forward(product(h, "cluster_weights"), options, mask), [5, 7, 4, 5]);
      // [video, time, group, cluster], and [video, time, group, feature]
      const assigned = tf.mul(tf.softmax(clusters), tf.expandDims(tf.mul(attention, inside), 3));
      const grouped = tf.reshape(h, [5, 7, 4, 3]);
      const sums = tf.sum(tf.mul(tf.expandDims(grouped, 4), tf.expandDims(assigned, 3)), [1, 2]);
      const counts = tf.expandDims(tf.sum(assigned, [1, 2]), 1);
      const centers = tf.expandDims(tf.transpose(of("param.video_cluster_weights2")), 0);
      const vlad = tf.sub(sums, tf.mul(counts, centers));
      const norms = tf.sqrt(tf.add(tf.sum(tf.square(vlad), 1, true), 1e-12));
      return ofVlad.forward(tf.reshape(tf.div(vlad, norms), [5, 15]), options);
    };
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(vladOf(training()), of("grad_seed"))) as tf.Scalar);
    const collector = new MomentCollector();
    const got = vladOf(training(collector));
    expectClose(await got.data(), await of("out.vlad").data(), 2e-5, "vlad");
    absorbMoments(both, await collector.read(both));
    collector.dispose();
    for (const [index, layer] of [ofClusters, ofVlad].entries()) {
      const after = (name: string) => of(`after.batch_norm_${index}.${name}`).data();
      expectClose(await layer.mean.data(), await after("w_1"), 2e-6, `mean ${index}`);
      expectClose(await layer.variance.data(), await after("w_2"), 2e-6, `variance ${index}`);
      for (const [name, parameter] of [
        ["w_0", layer.scale],
        ["b_0", layer.bias],
      ] as const) {
        const expected = await of(`grad.param.batch_norm_${index}.${name}`).data();
        const gradient = grads[parameter.name] as tf.Tensor;
        expectClose(await gradient.data(), expected, 1e-4, `gradient of ${index} ${name}`, 0.01 + largest(expected));
      }
    }
  });
}, ["cpu", "wasm"]);
