import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { makeModel } from "../../ablation/models.ts";
import { FULL_PLAN, ROWS, type RowName } from "../../ablation/plan.ts";
import { type PlantedData, plantedData } from "../../ablation/planted-data.ts";
import { collate } from "../../ablation/training.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import type { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectTensorClose } from "../support/tensors.ts";

const { setting } = FULL_PLAN;
const NAMES = Object.keys(ROWS) as RowName[];

function make(name: RowName, data: PlantedData): MultimodalTagger {
  return makeModel(ROWS[name], setting, data.encoder, new RandomStream(5));
}

describeOnBackends("the models of the ablation", () => {
  let drawn: Promise<PlantedData>;
  beforeAll(() => {
    drawn = plantedData(1, setting.world, { train: 7, valid: 0 });
  });

  test("train no encoder", async () => {
    const data = await drawn;
    for (const name of NAMES) {
      const model = make(name, data);
      expect([...model.trainableParameters().keys()].filter((path) => path.includes("encoder"))).toEqual([]);
      model.dispose();
    }
  });

  test.each(NAMES)("%s: padding and the other videos change nothing", async (name) => {
    const data = await drawn;
    const [model, row] = [make(name, data), ROWS[name]];
    const whole = model.forward(collate(data.train, row));
    const logits = (await whole.logits.array()) as number[][];
    for (const [index, video] of data.train.entries()) {
      const alone = model.forward(collate([video], row));
      expectClose(await alone.logits.data(), logits[index] as number[], 2e-5, `video ${index}`);
      const modalities = ["image", "audio"].filter((modality) => modality in row);
      expect(Object.keys(alone.attention)).toEqual(modalities);
      tf.dispose(alone);
    }
    tf.dispose(whole);
    model.dispose();
  });

  test("a title without TextCNN is its first token, its mean, or a dense layer on that", async () => {
    const data = await drawn;
    const input = collate(data.train, ROWS["title mean"]);
    const { values, mask } = input.sequences["text"] as SequenceBatch;
    const [rows, kept] = [(await values.array()) as number[][][], (await mask.array()) as number[][]];
    const means = rows.map((tokens, video) => {
      const count = (kept[video] as number[]).reduce((sum, value) => sum + value, 0);
      return (tokens[0] as number[]).map(
        (_, column) => tokens.slice(0, count).reduce((sum, token) => sum + (token[column] as number), 0) / count,
      );
    });
    // Dropout in its older form makes every feature smaller in prediction.
    const expected = {
      "title [CLS]": rows.map((tokens) => (tokens[0] as number[]).map((value) => 0.8 * value)),
      "title mean": means.map((mean) => mean.map((value) => 0.8 * value)),
    };
    for (const [name, features] of Object.entries(expected)) {
      const model = make(name as RowName, data);
      const output = model.forward(input);
      await expectTensorClose(
        output.features["text"] as tf.Tensor,
        { shape: [7, 32], data: features.flat() },
        1e-6,
        name,
      );
      model.dispose();
    }
    const model = make("title mean + FC", data);
    const parameters = model.parameters();
    const kernel = parameters.get("towers.text.pooling.dense.kernel") as tf.Tensor as tf.Tensor2D;
    const bias = parameters.get("towers.text.pooling.dense.bias") as tf.Tensor as tf.Tensor1D;
    expect(kernel.shape).toEqual([32, 72]);
    const dense = tf.mul(0.8, tf.tanh(tf.add(tf.matMul(tf.tensor2d(means), kernel), bias)));
    const output = model.forward(input);
    await expectTensorClose(output.features["text"] as tf.Tensor, { shape: [7, 72], data: await dense.data() }, 1e-6);
  });

  test("have the loss of the library's tagger", async () => {
    const data = await drawn;
    const random = new RandomStream(8);
    const logits = tf.tensor2d(
      Array.from({ length: 3 * 24 }, () => 9 * random.nextNormal()),
      [3, 24],
    );
    const labels = tf.tensor2d(
      Array.from({ length: 3 * 24 }, () => random.nextInteger(2)),
      [3, 24],
    );
    const [expected] = await make("all, TextCNN, self", data).loss(logits, labels).data();
    for (const name of ["title mean", "all, TextCNN, blind guide"] as const) {
      expectClose(await make(name, data).loss(logits, labels).data(), [expected as number], 1e-5, name, 100);
    }
  });

  test("the blind guide shows the title to the head and hides it from the attention", async () => {
    const data = await drawn;
    const guided = make("all, TextCNN, text-guided", data);
    const blind = make("all, TextCNN, blind guide", data);
    const input = collate(data.train, ROWS["all, TextCNN, blind guide"]);
    const text = input.sequences["text"] as SequenceBatch;
    const changedText = { ...text, values: tf.mul(text.values, -1) as tf.Tensor3D };
    const other = { sequences: { ...input.sequences, text: changedText } };
    const [seen, changed] = [blind.forward(input), blind.forward(other)];
    for (const modality of ["image", "audio"] as const) {
      const weights = seen.attention[modality] as tf.Tensor2D;
      expect(await changed.attention[modality]?.data()).toEqual(await weights.data());
      expect(await guided.forward(input).attention[modality]?.data()).not.toEqual(await weights.data());
    }
    expect(await changed.logits.data()).not.toEqual(await seen.logits.data());
    expect(await seen.features["text"]?.data()).toEqual(await guided.forward(input).features["text"]?.data());
  });
}, ["cpu"]);
