import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import type { MultimodalTagger, TaggerInput } from "../../src/models/multimodal-tagger.ts";
import { describeFirstNotFinite, describeNotFiniteParameter } from "../../src/training/not-finite.ts";
import { describeOnBackends } from "../support/backends.ts";
import { smallInput, smallTagger } from "../support/small-tagger.ts";
import { expectNoLeak } from "../support/tensors.ts";

/** Larger than this, squared or added up, is infinite in float32. */
const HUGE = 3e38;

/** Sets one element, by its index in C order. */
async function spoil(tensor: tf.Tensor, index: number, value: number): Promise<tf.Tensor> {
  const data = (await tensor.data()).slice() as Float32Array;
  data[index] = value;
  return tf.tensor(data, tensor.shape);
}

async function spoilParameter(model: MultimodalTagger, path: string, index: number, value: number): Promise<void> {
  const variable = model.parameters().get(path) as tf.Variable;
  const spoiled = await spoil(variable, index, value);
  variable.assign(spoiled);
  spoiled.dispose();
}

/** Ones but for one element. */
function spoiled2d(shape: [number, number], index: number, value: number): tf.Tensor2D {
  const data = new Float32Array(shape[0] * shape[1]).fill(1);
  data[index] = value;
  return tf.tensor2d(data, shape);
}

function fillParameter(model: MultimodalTagger, path: string, value: number): void {
  const variable = model.parameters().get(path) as tf.Variable;
  variable.assign(tf.fill(variable.shape, value));
}

describeOnBackends("describeFirstNotFinite", (backend) => {
  const lengths = [
    [2, 1, 4],
    [4, 3, 3],
    [1, 2, 5],
  ] as const;
  const videos = ["a.mp4", "b.mp4", "c.mp4"];
  const first = "The first tensor that is not finite is";

  const describeFailed = (model: MultimodalTagger, input: TaggerInput = smallInput(lengths)): Promise<string> =>
    describeFirstNotFinite({ model, input, videos, options: { training: true, random: new RandomStream(4) } });

  test("says so when only the loss is left", async () => {
    expect(await describeFailed(smallTagger())).toBe(`${first} the loss: all before it, up to the logits, are.`);
  });

  test("names the features, by modality and video", async () => {
    const input = smallInput(lengths);
    const { image, audio } = input.sequences as Record<"image" | "audio", SequenceBatch>;
    const badAudio = { ...audio, values: (await spoil(audio.values, 3 * 2 + 2 * 2 + 1, Number.NaN)) as tf.Tensor3D };
    expect(await describeFailed(smallTagger(), { sequences: { ...input.sequences, audio: badAudio } })).toBe(
      `${first} the audio features [3, 3, 2]: NaN at [1, 2, 1] (b.mp4), 1 of its 18 values are not finite.`,
    );
    const spoiledModel = smallTagger();
    await spoilParameter(spoiledModel, "head.bias", 0, Number.NaN);
    const bad = (await spoil(image.values, 4 * 3 * 2 + 1, Number.NEGATIVE_INFINITY)) as tf.Tensor3D;
    const sequences = { ...input.sequences, audio: badAudio, image: { ...image, values: bad } };
    expect(await describeFailed(spoiledModel, { sequences })).toBe(
      `${first} the image features [3, 4, 3]: -Infinity at [2, 0, 1] (c.mp4), 1 of its 36 values are not finite.`,
    );
  });

  test("names an encoded title", async () => {
    const { sequences } = smallInput(lengths);
    const values = tf.fill([3, 5, 4], Number.NaN) as tf.Tensor3D;
    const encoded = { values, mask: sequences["text"]?.mask as tf.Tensor2D };
    expect(await describeFailed(smallTagger(), { sequences: { ...sequences, text: encoded } })).toBe(
      `${first} the encoded text [3, 5, 4]: NaN at [0, 0, 0] (a.mp4), 60 of its 60 values are not finite.`,
    );
  });

  test("names every parameter by its path", async () => {
    for (const path of smallTagger().parameters().keys()) {
      const model = smallTagger();
      const { shape, size } = model.parameters().get(path) as tf.Variable;
      await spoilParameter(model, path, size - 1, Number.NaN);
      const last = shape.map((length) => length - 1).join(", ");
      expect(await describeFailed(model)).toBe(
        `${first} the parameter ${path} [${shape.join(", ")}]: NaN at [${last}], 1 of its ${size} values are not finite.`,
      );
      model.dispose();
    }
  });

  // Software WebGPU may take an overflow in its own way; the places above do not depend on arithmetic.
  if (backend === "webgpu") return;

  test("names the title's vector", async () => {
    const model = smallTagger();
    vi.spyOn(model.tower("text"), "forward").mockImplementation(() => ({ pooled: spoiled2d([3, 6], 6, Number.NaN) }));
    expect(await describeFailed(model)).toBe(
      `${first} the text vector [3, 6]: NaN at [1, 0] (b.mp4), 1 of its 18 values are not finite.`,
    );
  });

  test.each([
    ["image", 4],
    ["audio", 2],
  ] as const)("names the vector of %s", async (modality, size) => {
    const model = smallTagger();
    vi.spyOn(model.tower(modality), "forward").mockImplementation(() => ({
      weights: tf.ones([3, 1]),
      pooled: spoiled2d([3, size], 2 * size + 1, Number.POSITIVE_INFINITY),
    }));
    expect(await describeFailed(model)).toBe(
      `${first} the ${modality} vector [3, ${size}]: Infinity at [2, 1] (c.mp4), 1 of its ${3 * size} values are not finite.`,
    );
  });

  test.each(["image", "audio"] as const)("names the attention over %s when its scores overflow", async (modality) => {
    const model = smallTagger();
    fillParameter(model, `towers.${modality}.pooling.score.bias`, HUGE);
    fillParameter(model, `towers.${modality}.pooling.energy.bias`, 100);
    fillParameter(model, `towers.${modality}.pooling.score.kernel`, HUGE);
    expect(await describeFailed(model)).toContain(
      `${first} the ${modality} attention [3, ${modality === "image" ? 4 : 3}]`,
    );
  });

  test("names the logits, and the video", async () => {
    const model = smallTagger();
    fillParameter(model, "head.kernel", 0);
    await spoilParameter(model, "head.bias", 3, HUGE);
    const input = smallInput(lengths);
    expect(await describeFailed(model, input)).toBe(`${first} the loss: all before it, up to the logits, are.`);
    fillParameter(model, "towers.text.pooling.convolutions.0.bias", 2);
    await spoilParameter(model, "head.kernel", model.head.config.inputSize * 5 - 2, HUGE);
    expect(await describeFailed(model, input)).toContain(`${first} the logits [3, 5]: `);
  });

  test("leaves no tensor behind", async () => {
    const model = smallTagger();
    const input = smallInput(lengths);
    await expectNoLeak(() => describeFailed(model, input));
    await spoilParameter(model, "towers.text.pooling.convolutions.0.bias", 0, Number.NaN);
    await expectNoLeak(() => describeFailed(model, input));
  });
});

describeOnBackends("describeNotFiniteParameter", () => {
  test("names the first parameter that is not finite by its path, and says nothing of sound ones", async () => {
    const parameters = new Map<string, tf.Tensor>([
      ["a", tf.tensor1d([1, 2])],
      ["b", tf.tensor2d([1, 2, Number.NaN, Number.NaN], [2, 2])],
      ["c", tf.tensor1d([0, Number.POSITIVE_INFINITY])],
    ]);
    const sentence = (rest: string) =>
      `The first tensor that is not finite is the parameter ${rest} values are not finite.`;
    expect(await describeNotFiniteParameter(parameters)).toBe(sentence("b [2, 2]: NaN at [1, 0], 2 of its 4"));
    parameters.delete("b");
    expect(await describeNotFiniteParameter(parameters)).toBe(sentence("c [2]: Infinity at [1], 1 of its 2"));
    await expectNoLeak(() => describeNotFiniteParameter(parameters));
    parameters.delete("c");
    expect(await describeNotFiniteParameter(parameters)).toBe(undefined);
  });
});
