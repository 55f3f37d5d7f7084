import { beforeAll, describe, expect, test } from "vitest";
import * as data from "../../src/data/index.ts";
import type { VideoDataset } from "../../src/data/video-dataset.ts";
import * as formats from "../../src/formats/index.ts";
import * as root from "../../src/index.ts";
import * as layers from "../../src/layers/index.ts";
import * as metrics from "../../src/metrics/index.ts";
import * as models from "../../src/models/index.ts";
import { useBackend } from "../../src/node/backend.ts";
import * as node from "../../src/node/index.ts";
import * as onnx from "../../src/onnx/index.ts";
import * as paddle from "../../src/paddle/index.ts";
import * as project from "../../src/project/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as training from "../../src/training/index.ts";
import { smallVideoTagger } from "../support/small-video-tagger.ts";

/** Callers in plain JavaScript have no types. */
type Untyped = (...words: unknown[]) => unknown;
type UntypedClass = new (...words: unknown[]) => unknown;
const library = { ...root, ...data, ...formats, ...layers, ...metrics, ...models, ...tagging, ...training };
const functions = { ...library, ...node, ...project } as unknown as Readonly<Record<string, Untyped>>;
const classes = library as unknown as Readonly<Record<string, UntypedClass>>;
const call = (name: string, ...words: unknown[]) => (functions[name] as Untyped)(...words);
const make = (name: string, ...words: unknown[]) => new (classes[name] as UntypedClass)(...words);

/** What the language itself says of a mistake in our code, or of one that we did not look for. */
const LANGUAGE = /is not a function|is not iterable|Cannot read|Cannot destructure|undefined \(reading|is not defined/;

/** The sentence that a call ends with. */
async function sentenceOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    expect(error).toSatisfy((thrown) => thrown instanceof TypeError || thrown instanceof RangeError);
    return (error as Error).message;
  }
  return "no error";
}

const schedule = () => 1;

/** A tagger that has what its constructor needs, and no more. */
function tagger(): tagging.VideoTagger {
  const model = { config: { modalities: {}, numClasses: 1, head: "sigmoid" } } as unknown as models.MultimodalTagger;
  return new tagging.VideoTagger({ model, labels: ["one"] });
}

describe("options of another kind, or left out", () => {
  test.each<[string, () => unknown]>([
    ["TextCnn: windows must be a list. Got none.", () => make("TextCnn", { inputSize: 4, filters: 2 }, null)],
    ["TextCnn: windows must be a list. Got 3.", () => make("TextCnn", { inputSize: 4, filters: 2, windows: 3 }, null)],
    [
      "AttentionPooling: guideSize must be a whole number of 1 or more. Got 0.5.",
      () => make("AttentionPooling", { inputSize: 2, guideSize: 0.5 }, null),
    ],
    [
      "Linear: bias must be true or false. Got 1.",
      () => make("Linear", { inputSize: 1, outputSize: 1, bias: 1 }, null),
    ],
    [
      "A new module needs a RandomStream, or null for zeros. Got none.",
      () => make("Linear", { inputSize: 1, outputSize: 1 }),
    ],
    ["Dropout: rate must lie in [0, 1). Got undefined.", () => make("Dropout", {})],
    ["LayerNorm: epsilon must be a finite number. Got NaN.", () => make("LayerNorm", { size: 1, epsilon: Number.NaN })],
    ["adamW: weightDecay must be a function. Got 0.01.", () => call("adamW", { weightDecay: 0.01 })],
    ["adamW: its options must be an object. Got none.", () => call("adamW", null)],
    ["rmsProp: rho must lie in [0, 1). Got 1.", () => call("rmsProp", { rho: 1 })],
    ['sgd: nesterov must be true or false. Got "yes".', () => call("sgd", { nesterov: "yes" })],
    [
      "piecewiseDecay: boundaries must be a list. Got none.",
      () => call("piecewiseDecay", { learningRate: 1, gamma: 1 }),
    ],
    ["cosineDecay: learningRate must be a finite number. Got none.", () => call("cosineDecay", { steps: 3 })],
    ["warmUp: schedule must be a function. Got none.", () => call("warmUp", undefined, { steps: 3 })],
    ["warmUp: steps must be a whole number of 1 or more. Got undefined.", () => call("warmUp", schedule)],
    [
      "train: optimizer must be an object. Got a function.",
      async () => {
        const given = { step: {}, data: [], optimizer: library.adamW, schedule };
        await (call("train", given) as AsyncGenerator).next();
      },
    ],
    [
      "VideoTagger: memoryBudget must be a whole number of 1 or more. Got 0.",
      () => make("VideoTagger", { model: {}, labels: [], memoryBudget: 0 }),
    ],
    [
      "evaluateTagger: maxRows must be a whole number of 1 or more. Got 0.5.",
      () => call("evaluateTagger", {}, {}, { batchSize: 1, topN: [1], maxRows: 0.5 }),
    ],
    [
      "tagAll: maxRows must be a whole number of 1 or more. Got -1.",
      () => (tagger().tagAll({} as VideoDataset, { maxRows: -1 }) as AsyncGenerator).next(),
    ],
    [
      "tagAll: batchSize must be a whole number of 1 or more. Got 1.5.",
      () => (tagger().tagAll({} as VideoDataset, { batchSize: 1.5 }) as AsyncGenerator).next(),
    ],
    ["loadTagger: folder must be a text. Got none.", () => call("loadTagger")],
    ["loadTagger: encodingCache must be a text. Got true.", () => call("loadTagger", "best", { encodingCache: true })],
    ["startWorkers: its options must be an object. Got 2.", () => call("startWorkers", {}, 2)],
    ["openDataset: list must be a text. Got none.", () => call("openDataset", { features: "features" })],
    ["saveTagger: tagger must be an object. Got none.", () => call("saveTagger")],
    ["saveTagger: folder must be a text. Got none.", () => call("saveTagger", tagger())],
    ["readTagger: source must be an object. Got none.", () => call("readTagger")],
    ['readTagger: source must be an object. Got "best".', () => call("readTagger", "best")],
    ["exportTagger: tagger must be an object. Got none.", () => onnx.exportTagger(undefined as never)],
    ["attentionSpans: weights must be an object. Got none.", () => call("attentionSpans")],
    ["attentionSpans: hopSeconds must be a finite number above 0. Got undefined.", () => call("attentionSpans", [1])],
    [
      'attentionSpans: there is no option "hop". It takes weights, hopSeconds, windowSeconds.',
      () => call("attentionSpans", [1], { hop: 1 }),
    ],
    ["mcNemarTest: it needs two lists, of a value for each video.", () => call("mcNemarTest")],
    ["pairedBootstrap: it needs two lists, of a value for each video.", () => call("pairedBootstrap", [1])],
    ["pairedBootstrap: it needs a RandomStream.", () => call("pairedBootstrap", [1], [1])],
    ["RandomStream: seed must be a whole number. Got undefined.", () => make("RandomStream")],
    ["RandomStream: seed must be a whole number. Got null.", () => make("RandomStream", null)],
  ])("%s", async (sentence, work) => {
    expect(await sentenceOf(work)).toBe(sentence);
  });

  test.each([
    ...[
      "AttentionPooling",
      "BidirectionalLstm",
      "Dropout",
      "Embedding",
      "ErnieEncoder",
      "LayerNorm",
      "Linear",
      "MaxPooling",
      "MeanPooling",
    ],
    ...["MultiHeadAttention", "MultimodalTagger", "PeepholeLstm", "TextCnn", "Tower"],
    ...[
      "TransformerBlock",
      "DatasetStatistics",
      "VideoDataset",
      "VideoTagger",
      "MeanAveragePrecision",
      "TaggingMetrics",
    ],
  ])("new %s without any, with none and with a number say so in a sentence of its own", async (name) => {
    for (const words of [[], [{}], [null], [5]]) {
      const sentence = await sentenceOf(() => make(name, ...words, null));
      expect(sentence).toMatch(new RegExp(`^${name}: .*\\.$`));
      expect(sentence).not.toMatch(LANGUAGE);
    }
  });

  test.each([
    ...["cosineDecay", "exponentialMovingAverage", "linearDecay", "openDataset", "piecewiseDecay", "loadTagger"],
  ])("%s without any says so in a sentence of its own", async (name) => {
    for (const words of [[], [{}], [null], [5]]) {
      const sentence = await sentenceOf(() => call(name, ...words));
      expect(sentence).toMatch(new RegExp(`^${name}: .*\\.$`));
      expect(sentence).not.toMatch(LANGUAGE);
    }
  });

  test.each(["evaluateTagger", "scoreDataset", "startWorkers", "tuneTagger", "warmUp", "withLabelSmoothing"])(
    "%s with options that are none says so in a sentence of its own",
    async (name) => {
      const before = name === "startWorkers" || name.startsWith("w") ? [schedule] : [{}, {}];
      for (const options of [undefined, {}, null, 5]) {
        const sentence = await sentenceOf(() => call(name, ...before, options));
        expect(sentence).toMatch(new RegExp(`^${name}: .*\\.$`));
        expect(sentence).not.toMatch(LANGUAGE);
      }
    },
  );
});

describe("a video that is none", () => {
  beforeAll(() => useBackend("cpu"));
  const image = { rows: 1, size: 3, data: new Float32Array(3) };
  const places = "rows.image, rows.audio, texts.text";
  const must = "must be a number from 0 to 1, or a list of 5.";
  test.each<[string, ...unknown[]]>([
    ["tag: its videos must be a list. Got none."],
    ["tag: its videos must be a list. Got an object.", { rows: { image } }],
    ["tag: video 1 must be an object. Got none.", [{}, null]],
    ["tag: video 0: rows must be an object. Got a list.", [{ rows: [image] }]],
    ['tag: video 0 has no place for "imag". Did you mean rows.image?', [{ imag: image }]],
    ['tag: video 0 has no place for "text". Did you mean texts.text?', [{ rows: { image }, text: "dog" }]],
    ['tag: video 0 has no place for "row". Did you mean rows?', [{ row: { image } }]],
    [`tag: video 0 has no place for "titel". It takes ${places}.`, [{ titel: "dog" }]],
    ['tag: video 0 has no place for "rows.imag". Did you mean rows.image?', [{ rows: { imag: image } }]],
    ['tag: video 0 has no place for "rows.text". Did you mean texts.text?', [{ rows: { image, text: "dog" } }]],
    [
      "tag: video 0: rows.image must be an object with rows, size and data, a Float32Array. Got a list.",
      [{ rows: { image: [[1, 2, 3]] } }],
    ],
    ["tag: video 0: texts.text must be a text. Got 3.", [{ texts: { text: 3 } }]],
    [`tag: threshold ${must} Got NaN.`, [], { threshold: Number.NaN }],
    [`tag: threshold ${must} Got 7.`, [], { threshold: 7 }],
    [`tag: threshold ${must} Got "0.1".`, [], { threshold: "0.1" }],
    [`tag: threshold ${must} Got [0.1,0.2].`, [], { threshold: [0.1, 0.2] }],
    [`tag: threshold ${must} Got [0,0,0,0,2].`, [], { threshold: [0, 0, 0, 0, 2] }],
  ])("%s", async (sentence, ...words) => {
    const small = await smallVideoTagger(1);
    expect(await sentenceOf(() => (small.tag as Untyped).call(small, ...words))).toBe(sentence);
    small.dispose();
  });

  test("is none of those that have more than the model knows, or less", async () => {
    const small = await smallVideoTagger(1);
    const sample = { video: "a", line: 1, fileName: "a.mp4", title: "dog", classes: [1], id: 7 };
    const videos = [
      {},
      { ...sample, rows: { image, audio: undefined, faces: image }, texts: { text: "dog", spoken: "" } },
    ];
    expect(await small.tag(videos, { threshold: [0, 0, 0, 0, 1] })).toHaveLength(2);
    small.dispose();
  });
});

describe("options that there are not", () => {
  test.each<[string, () => unknown]>([
    [
      'adamW: there is no option "wieghtDecay". Did you mean weightDecay?',
      () => call("adamW", { wieghtDecay: () => 0.01 }),
    ],
    ['focalLoss: there is no option "gama". Did you mean gamma?', () => call("focalLoss", { gama: 1 })],
    ['asymmetricLoss: there is no option "shfit". Did you mean shift?', () => call("asymmetricLoss", { shfit: 0 })],
    [
      'sgd: there is no option "lr". It takes momentum, nesterov, weightDecay, learningRateScale.',
      () => call("sgd", { lr: 0.1 }),
    ],
    // Before what is missing: one mistake is told of once.
    [
      'TextCnn: there is no option "window". Did you mean windows?',
      () => make("TextCnn", { inputSize: 1, filters: 1, window: [1] }, null),
    ],
    [
      'VideoTagger: there is no option "thresholds". Did you mean threshold?',
      () => make("VideoTagger", { model: {}, labels: [], thresholds: [0.5] }),
    ],
    [
      'loadTagger: there is no option "encodingcache". Did you mean encodingCache?',
      () => call("loadTagger", "best", { encodingcache: "encodings" }),
    ],
    ['warmUp: there is no option "step". Did you mean steps?', () => call("warmUp", schedule, { step: 3 })],
    [
      'evaluateTagger: there is no option "topn". Did you mean topN?',
      () => call("evaluateTagger", {}, {}, { batchSize: 1, topn: [1] }),
    ],
    [
      'train: there is no option "epoch". Did you mean epochs?',
      () => (call("train", { epoch: 3 }) as AsyncGenerator).next(),
    ],
    [
      'tagAll: there is no option "maxrows". Did you mean maxRows?',
      () =>
        tagger()
          .tagAll({} as VideoDataset, { maxrows: 5 } as object)
          .next(),
    ],
    [
      'tag: there is no option "treshold". Did you mean threshold?',
      () => tagger().tag([], { treshold: 0.3 } as object),
    ],
    [
      'Linear: there is no option "b\\u0000d". It takes inputSize, outputSize, activation, bias.',
      () => make("Linear", { "b\0d": 1 }, null),
    ],
  ])("%s", async (sentence, work) => {
    expect(await sentenceOf(work)).toBe(sentence);
  });

  test("count for nothing where they are undefined", () => {
    expect(() => call("adamW", { wieghtDecay: undefined })).not.toThrow();
  });
});

describe("a reader's options", () => {
  const readers = { ...formats, ...paddle } as unknown as Readonly<Record<string, Untyped>>;
  const names = Object.keys(readers).filter((name) => /^(read|open|describe[A-Z]|classFile)/.test(name));

  test("are those of all readers", () => {
    expect(names).toHaveLength(15);
  });

  test.each(names)("%s", async (name) => {
    const read = readers[name] as Untyped;
    const object = "its options must be an object with a file's name.";
    expect(await sentenceOf(() => read("1"))).toBe(`${name}: ${object} Got no value.`);
    expect(await sentenceOf(() => read("1", "a.pkl"))).toBe(`${name}: ${object} Got the text "a.pkl".`);
    expect(await sentenceOf(() => read("1", {}))).toBe(`${name}: file must be a text. Got no value.`);
    const hint = 'there is no option "fiel". Did you mean file?';
    expect(await sentenceOf(() => read("1", { fiel: "a.pkl" }))).toBe(`${name}: ${hint}`);
  });
});

test.each(["adamW", "rmsProp", "sgd", "focalLoss", "asymmetricLoss"])("%s needs no options", (name) => {
  expect(call(name)).toEqual(call(name, {}) instanceof Function ? expect.any(Function) : expect.any(Object));
});
