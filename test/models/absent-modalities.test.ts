import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import { collateLabels } from "../../src/data/collate.ts";
import type { MultimodalTagger, TaggerInput, TaggerOutput } from "../../src/models/multimodal-tagger.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_CONFIG, SMALL_SIZES, smallConfig, smallInput, smallTagger, videoOf } from "../support/small-tagger.ts";
import {
  expectClose,
  expectGradients,
  expectNoLeak,
  largest,
  randomizeParameters,
  randomSequence,
  randomTensor,
} from "../support/tensors.ts";

/** Those of SMALL_CONFIG, in its order. */
const MODALITIES = ["image", "audio", "text"] as const;
type Modality = (typeof MODALITIES)[number];

type Lengths = readonly [image: number, audio: number, tokens: number];

const LENGTHS: readonly Lengths[] = [
  [4, 1, 3],
  [1, 3, 6],
  [2, 2, 2],
];

const FINE_TUNED = smallConfig({ head: "softmax", text: { ...SMALL_SIZES.text, training: "fine-tuned" } });
const CONFIGS: readonly (readonly [string, MultimodalTaggerConfig])[] = [
  ["guided by the text", SMALL_CONFIG],
  ["with self-attention", smallConfig({ isTextGuided: false })],
];

/** A tagger without a zero among its parameters: biases would show what they add. */
function noisyTagger(config: MultimodalTaggerConfig = SMALL_CONFIG): MultimodalTagger {
  const tagger = smallTagger(config);
  randomizeParameters(tagger.parameters().values(), new RandomStream(7));
  return tagger;
}

/** The input with these modalities left out of these videos; what stands in their place stays there. */
function without(input: TaggerInput, absent: readonly (readonly Modality[])[]): TaggerInput {
  const flags = (modality: Modality) => tf.tensor1d(absent.map((own) => Number(!own.includes(modality))));
  return { ...input, present: { image: flags("image"), audio: flags("audio"), text: flags("text") } };
}

/** Rows of [batch, size]. */
async function rowsOf(tensor: tf.Tensor | undefined): Promise<Float32Array[]> {
  const data = (await tensor?.data()) as Float32Array;
  const [batch = 0, size = 0] = tensor?.shape ?? [];
  return Array.from({ length: batch }, (_, row) => data.slice(row * size, (row + 1) * size));
}

/** Vectors by modality for each video. */
async function featuresOf(output: TaggerOutput): Promise<Record<Modality, Float32Array>[]> {
  const [images = [], audios = [], texts = []] = await Promise.all(
    MODALITIES.map((modality) => rowsOf(output.features[modality])),
  );
  return images.map((own, video) => ({
    image: own,
    audio: audios[video] as Float32Array,
    text: texts[video] as Float32Array,
  }));
}

/** What the branches make of one video alone: each is run by itself, and none for what is absent. */
async function branchByBranch(
  tagger: MultimodalTagger,
  video: TaggerInput,
  absent: readonly Modality[],
): Promise<Record<Modality, Float32Array>> {
  const has = (modality: Modality) => !absent.includes(modality);
  const features = tf.tidy(() => {
    const vector = (modality: Modality, guide?: tf.Tensor2D): tf.Tensor2D => {
      const tower = tagger.tower(modality);
      const rows = video.sequences[modality];
      return has(modality) && rows ? tower.forward(rows, guide).pooled : tf.zeros([1, tower.outputSize]);
    };
    const text = vector("text");
    return { image: vector("image", text), audio: vector("audio", text), text };
  });
  const [image, audio, text] = await Promise.all([
    rowsOf(features.image),
    rowsOf(features.audio),
    rowsOf(features.text),
  ]);
  tf.dispose(features);
  return { image: image[0], audio: audio[0], text: text[0] } as Record<Modality, Float32Array>;
}

describeOnBackends("A batch with absent modalities", (backend) => {
  // WebGPU runs in software as a rule: there the forward pass and one gradient check must do.
  const isSlow = backend === "webgpu";
  describe.each(CONFIGS)("%s", (_, config) => {
    test("gives each video what its own modalities give, branch by branch, and the absent zeros", async () => {
      const tagger = noisyTagger(config);
      const length = fc.integer({ min: 1, max: 4 });
      const video = fc.record({
        lengths: fc.tuple(length, length, length) as fc.Arbitrary<Lengths>,
        absent: fc.subarray([...MODALITIES]),
      });
      const property = fc.asyncProperty(
        fc.array(video, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (videos, seed) => {
          const lengths = videos.map((each) => each.lengths);
          const input = without(
            smallInput(lengths, seed),
            videos.map(({ absent }) => absent),
          );
          const output = tagger.forward(input);
          const together = await featuresOf(output);
          for (const [index, { absent }] of videos.entries()) {
            const alone = tf.tidy(() => videoOf(input, index, lengths[index] as Lengths));
            const expected = await branchByBranch(tagger, alone, absent);
            for (const modality of MODALITIES) {
              const tolerance = absent.includes(modality) ? 0 : 1e-6;
              const what = `${modality} of video ${index}`;
              expectClose(together[index]?.[modality] ?? [], expected[modality], tolerance, what);
            }
            tf.dispose(alone);
          }
          tf.dispose([input, output]);
        },
      );
      // WebGPU runs in software as a rule.
      await fc.assert(property, { numRuns: backend === "webgpu" ? 2 : 25 });
      tagger.dispose();
    });

    test("looks at nothing in what is absent, and sums to the logits modality by modality", async () => {
      const tagger = noisyTagger(config);
      const absent: Modality[][] = [["image"], ["audio", "text"], []];
      const input = without(smallInput(LENGTHS), absent);
      const output = tagger.forward(input);
      const [image, audio] = await Promise.all([rowsOf(output.attention["image"]), rowsOf(output.attention["audio"])]);
      const sums = (rows: Float32Array[]) => rows.map((row) => Math.round(1e5 * row.reduce((a, b) => a + b, 0)) / 1e5);
      expect([sums(image), sums(audio)]).toEqual([
        [0, 1, 1],
        [1, 0, 1],
      ]);
      const contributions = tagger.contributions(output.features);
      const [logits, bias, ...shares] = await Promise.all([
        output.logits.data(),
        tagger.head.bias?.data() as Promise<Float32Array>,
        ...MODALITIES.map((modality) => rowsOf(contributions[modality])),
      ]);
      const sum = Array.from(logits, (__, index) =>
        shares.reduce(
          (total, rows) => total + (rows[Math.floor(index / 5)]?.[index % 5] as number),
          bias[index % 5] as number,
        ),
      );
      expectClose(sum, logits, 1e-5, "logits", largest(logits));
      for (const [video, modalities] of absent.entries()) {
        for (const [index, modality] of MODALITIES.entries()) {
          const size = largest(shares[index]?.[video] ?? []);
          if (modalities.includes(modality)) expect(size, `${modality} of video ${video}`).toBe(0);
          else expect(size, `${modality} of video ${video}`).toBeGreaterThan(1e-3);
        }
      }
      await expectNoLeak(() => tf.dispose(tagger.contributions(output.features)));
      tf.dispose([input, output, contributions]);
      tagger.dispose();
    });
  });

  test("answers with the head's bias for a video of which there is nothing", async () => {
    const tagger = noisyTagger();
    const output = tagger.forward(without(smallInput(LENGTHS), [[], [...MODALITIES], []]));
    const [, logits] = await rowsOf(output.logits);
    expectClose(logits ?? [], (await tagger.head.bias?.data()) ?? [], 0, "logits");
  });

  test.skipIf(isSlow)("does not depend on what stands in the place of the absent, nor does its gradient", async () => {
    const tagger = noisyTagger(FINE_TUNED);
    const absent: Modality[][] = [["image", "text"], ["audio"], ["text"]];
    const labels = collateLabels([[0], [1, 3], [4]], 5, "distribution");
    const [first, other] = [smallInput(LENGTHS, 2), smallInput(LENGTHS, 3)];
    const mix = <T extends tf.Tensor>(a: T, b: T, modality: Modality): T => {
      const keep = tf.tensor(
        absent.map((own) => !own.includes(modality)),
        [3, ...new Array(a.rank - 1).fill(1)],
        "bool",
      );
      return tf.where(tf.tile(keep, [1, ...a.shape.slice(1)]), a, b) as T;
    };
    const sequence = ({ sequences }: TaggerInput, modality: Modality) => sequences[modality] as SequenceBatch;
    const tokens = ({ sequences: { text } }: TaggerInput) =>
      text && "tokenIds" in text ? text.tokenIds : tf.zeros([3, 6]);
    const mixedRows = (modality: Modality) => ({
      values: mix(sequence(first, modality).values, sequence(other, modality).values, modality),
      mask: tf.clone(sequence(first, modality).mask),
    });
    const mixed: TaggerInput = tf.tidy(() => ({
      sequences: {
        image: mixedRows("image"),
        audio: mixedRows("audio"),
        text: {
          tokenIds: mix(tokens(first), tokens(other), "text") as tf.Tensor2D,
          mask: tf.clone(sequence(first, "text").mask),
        },
      },
    }));
    const step = async (input: TaggerInput): Promise<Map<string, Float32Array>> => {
      const given = without(input, absent);
      const options = { training: true, random: new RandomStream(5) } as const;
      const { loss, gradients } = computeGradients(
        () => tagger.loss(tagger.forward(given, options).logits, labels),
        tagger.trainableParameters(),
      );
      const result = new Map([["loss", (await loss.data()) as Float32Array]]);
      for (const [path, gradient] of gradients) result.set(path, (await gradient.data()) as Float32Array);
      tf.dispose([loss, ...gradients.values(), given.present]);
      return result;
    };
    const expected = await step(first);
    expect([...expected.keys()]).toEqual(["loss", ...tagger.trainableParameters().keys()]);
    const before = tf.memory().numTensors;
    const got = await step(mixed);
    expect(tf.memory().numTensors).toBe(before);
    for (const [path, values] of expected) expectClose(got.get(path) ?? [], values, 0, path);
    tf.dispose([first, other, mixed, labels]);
    tagger.dispose();
  });

  test.skipIf(isSlow).each(MODALITIES)(
    "sends no gradient into the branch of %s when no video has it",
    async (modality) => {
      const tagger = noisyTagger(FINE_TUNED);
      const labels = collateLabels([[0], [1, 3], [4]], 5, "distribution");
      const input = without(smallInput(LENGTHS), [[modality], [modality], [modality]]);
      const { gradients } = computeGradients(
        () => tagger.loss(tagger.forward(input).logits, labels),
        tagger.trainableParameters(),
      );
      const others: number[] = [];
      for (const [path, gradient] of gradients) {
        const size = largest(await gradient.data());
        if (path.startsWith(`towers.${modality}.`)) expect(size, path).toBe(0);
        else others.push(size);
      }
      expect(others.filter((size) => size > 0).length).toBeGreaterThan(others.length / 2);
    },
  );

  test.skipIf(isSlow)("has the right gradient for what the branches are given", async () => {
    const tagger = noisyTagger();
    const random = new RandomStream(11);
    const { image, audio } = smallInput(LENGTHS).sequences as Record<"image" | "audio", SequenceBatch>;
    const text = randomSequence([3, 6, 2], 4, random);
    const weights = randomTensor<tf.Rank.R2>([3, 5], random);
    const { present } = without({ sequences: {} }, [["image"], ["audio", "text"], ["text"]]);
    await expectGradients(
      (images, audios, texts) => {
        const sequences = {
          image: { values: images as tf.Tensor3D, mask: image.mask },
          audio: { values: audios as tf.Tensor3D, mask: audio.mask },
          text: { values: texts as tf.Tensor3D, mask: text.mask },
        };
        const output = tagger.forward({ sequences, ...(present && { present }) });
        return tf.sum(tf.mul(output.logits, weights));
      },
      [image.values, audio.values, text.values],
      ["image", "audio", "text"],
    );
  });

  test("has the right gradient for the parameters, along random directions through all of them", async () => {
    const tagger = noisyTagger();
    const input = without(smallInput(LENGTHS), [["image"], ["audio", "text"], ["text"]]);
    const labels = collateLabels([[0], [1, 3], [4]], 5, "multi-hot");
    const parameters = tagger.trainableParameters();
    const loss = () => tagger.loss(tagger.forward(input).logits, labels);
    const { gradients } = computeGradients(loss, parameters);
    const flat: number[] = [];
    const start = new Map<string, Float32Array>();
    for (const [path, variable] of parameters) {
      flat.push(...((await gradients.get(path)?.data()) ?? []));
      start.set(path, (await variable.data()) as Float32Array);
    }
    const random = new RandomStream(12);
    const STEP = 1e-2;
    for (let trial = 0; trial < 4; trial++) {
      const drawn = flat.map(() => random.nextNormal());
      const direction = drawn.map((part) => part / Math.hypot(...drawn));
      const at = async (distance: number): Promise<number> => {
        let next = 0;
        for (const [path, variable] of parameters) {
          const moved = start.get(path)?.map((value) => value + distance * (direction[next++] as number));
          tf.tidy(() => variable.assign(tf.tensor(moved as Float32Array, variable.shape)));
        }
        return (await tf.tidy(loss).data())[0] as number;
      };
      const slope = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      const expected = direction.reduce((sum, part, index) => sum + part * (flat[index] as number), 0);
      expectClose([slope], [expected], 5e-2, `slope ${trial}`, Math.hypot(...flat) / Math.sqrt(flat.length));
    }
  });

  test("names a presence of another shape", () => {
    const tagger = noisyTagger();
    const input = { ...smallInput(LENGTHS), present: { audio: tf.tensor1d([1, 0]) } };
    expect(() => tagger.forward(input)).toThrow("MultimodalTagger: present audio must have shape [3]. Got [2].");
  });
});
