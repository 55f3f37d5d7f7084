import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceBatch } from "../../src/core/sequence-batch.ts";
import { numberIn, withDefault } from "../../src/formats/fields.ts";
import type { PoolingKind } from "../../src/layers/pooling/pooling-kind.ts";
import { POOLINGS } from "../../src/layers/pooling/poolings.ts";
import { type PooledSequence, TemporalPooling } from "../../src/layers/pooling/temporal-pooling.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { countTaggerParameters } from "../../src/models/parameter-count.ts";
import { multimodalVideoTag } from "../../src/models/presets.ts";
import { evaluationOrder, type MultimodalTaggerConfig, type Poolings } from "../../src/models/tagger-config.ts";
import { readTaggerDescription } from "../../src/models/tagger-description.ts";
import { useBackend } from "../../src/node/backend.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const REST = { numClasses: 2, head: "sigmoid", dropout: { rate: 0 } } as const;
const attention = (size: number, guidedBy?: string) => ({
  input: { size },
  pooling: { kind: "attention" } as const,
  ...(guidedBy !== undefined && { guidedBy }),
});

beforeAll(() => useBackend("cpu"));

/** The description of these modalities as JSON. */
function described(modalities: object): MultimodalTaggerConfig {
  return readTaggerDescription(JSON.stringify({ modalities, ...REST }), { file: "tagger.json" });
}

describe("a tagger's description", () => {
  test("gets every default", () => {
    expect(described({ a: { input: { size: 3 }, recurrence: { units: 2 }, pooling: { kind: "mean" } } })).toEqual({
      ...REST,
      dropout: { rate: 0, scaling: "training" },
      modalities: {
        a: {
          input: { size: 3 },
          recurrence: { units: 2, inputBias: { forward: false, backward: false } },
          pooling: { kind: "mean" },
          guidedBy: undefined,
          whenAbsent: "masked",
        },
      },
    });
  });

  test.each<[object, string]>([
    [{}, "modalities: expected at least one modality. Got none."],
    [{ a: attention(2, "b"), b: attention(3, "b") }, "guides without a circle. Got b, which is guided by b."],
    [
      { a: attention(2, "b"), b: attention(3, "c"), c: attention(4, "b") },
      "modalities: expected guides without a circle. Got b, which is guided by c, which is guided by b.",
    ],
    [
      { title: attention(2), frames: attention(3, "titel") },
      'modalities.frames.guidedBy: expected the name of another modality. Got "titel". Did you mean title?',
    ],
    [
      { a: attention(2), b: { ...attention(3, "a"), pooling: { kind: "mean" } } },
      'modalities.b.guidedBy: expected no guide, as the pooling mean takes none. Got "a".',
    ],
    [{ a: { ...attention(2), whenAbsent: "empty-text" } }, 'expected "empty-text" for a text alone.'],
    [
      {
        a: { input: { tokens: { vocabularySize: 3, size: 2 } }, pooling: { kind: "max" }, whenAbsent: { zeroRows: 1 } },
      },
      "modalities.a.whenAbsent: expected zeroRows for features alone. Got it for a text.",
    ],
    [{ a: { ...attention(2), pooling: { kind: "atention" } } }, "Did you mean attention?"],
    [{ a: { ...attention(2), poling: 1 } }, 'modalities.a: the key "poling" is not known. Did you mean pooling?'],
    [{ a: { pooling: { kind: "max" }, input: {} } }, "expected one of the keys size, tokens, encoder. Got none."],
    [{ "a.b": attention(2) }, 'expected letters, digits, - and _, with a letter first, as a name. Got "a.b".'],
    [{ bias: attention(2) }, 'as a name. Got "bias".'],
    [{ constructor: attention(2) }, 'as a name. Got "constructor".'],
  ])("that cannot be is refused with its place: %j", (modalities, sentence) => {
    expect(() => described(modalities)).toThrow(sentence);
    expect(() => described(modalities)).toThrow(/^tagger\.json, /);
    const config = { modalities, ...REST } as MultimodalTaggerConfig;
    expect(() => new MultimodalTagger(config, null)).toThrow(sentence);
    expect(() => new MultimodalTagger(config, null)).toThrow(/^MultimodalTagger: /);
  });

  test("puts guides first, those without a recurrence as early as they can, and keeps its own order for the head", () => {
    expect(evaluationOrder(multimodalVideoTag({ numClasses: 2 }).modalities)).toEqual({
      order: ["text", "image", "audio"],
    });
    const model = new MultimodalTagger({ ...REST, modalities: { a: attention(2, "b"), b: attention(3) } }, null);
    expect(Object.keys(model.towers)).toEqual(["b", "a"]);
    expect(model.modalities).toEqual(["a", "b"]);
    expect(model.head.config.inputSize).toBe(5);
    const shapes = [...model.parameters()].map(([path, { shape }]) => `${path} ${shape}`);
    expect(shapes).toContain("towers.a.pooling.energy.kernel 5,2");
    model.dispose();
  });
});

/** `x_1 * scale`: the first row of a sequence. */
class FirstRow extends TemporalPooling {
  readonly outputSize: number;
  readonly scale: tf.Variable;

  constructor(size: number, scale: number) {
    super();
    this.outputSize = size;
    this.scale = tf.variable(tf.fill([size], scale));
  }

  forward({ values, mask }: SequenceBatch): PooledSequence {
    return tf.tidy(() => {
      const [batch, , size] = values.shape;
      const first = tf.reshape(tf.slice(values, [0, 0, 0], [batch, 1, size]), [batch, size]);
      return { pooled: tf.mul(tf.mul(first, this.scale), tf.slice(mask, [0, 0], [batch, 1])) };
    });
  }
}

const scale = withDefault(
  numberIn("a number", () => true),
  2,
);
const FIRST: PoolingKind<{ readonly scale: typeof scale }> = {
  fields: { scale },
  takesGuide: false,
  measure: (_, { inputSize }) => ({ outputSize: inputSize, parameters: inputSize }),
  create: (config, { inputSize }) => new FirstRow(inputSize, config.scale),
};

test("a pooling of one's own is described, counted, saved, loaded and tags", async () => {
  const poolings: Poolings = { ...POOLINGS, "mine/first": FIRST };
  const modalities = { a: { input: { size: 3 }, pooling: { kind: "mine/first" } } } as const;
  const model = new MultimodalTagger({ ...REST, modalities }, new RandomStream(1), { poolings });
  expect(model.config.modalities["a"]?.pooling).toEqual({ kind: "mine/first", scale: 2 });
  expect(countTaggerParameters(model.config, poolings)).toBe(3 + 3 * 2 + 2);
  const tagger = new VideoTagger({ model, labels: ["yes", "no"] });
  const videos = [{ rows: { a: { rows: 2, size: 3, data: Float32Array.of(1, 2, 3, 9, 9, 9) } } }, {}];
  const expected = await tagger.tag(videos, { explain: true });
  const kernel = (await model.head.kernel.data()) as Float32Array;
  expect(expected[0]?.logits[0]).toBeCloseTo(
    2 * (kernel[0] as number) + 4 * (kernel[2] as number) + 6 * (kernel[4] as number),
    5,
  );
  const folder = temporaryFolder();
  await saveTagger(tagger, folder);
  const loaded = await loadTagger(folder, { poolings });
  expect(await loaded.tag(videos, { explain: true })).toEqual(expected);
  await expect(loadTagger(folder)).rejects.toThrow('expected one of "attention", "max", "mean", "text-cnn".');
  tagger.dispose();
  loaded.dispose();
});
