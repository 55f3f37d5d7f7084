import { readdirSync, readFileSync } from "node:fs";
import { parseVocabulary } from "../../packages/ernie-tokenizer-wasm/src/vocabulary.ts";
import { VocabularyError } from "../../packages/ernie-tokenizer-wasm/src/vocabulary-error.ts";
import {
  type CheckpointManifest,
  readCheckpointManifest,
  writeCheckpointManifest,
} from "../../src/formats/checkpoint-manifest.ts";
import {
  classFileProblems,
  describeFeatureFile,
  FormatError,
  featureFileName,
  indexLabels,
  type NumericArray,
  readClassFile,
  readErnieConfiguration,
  readFeatureFile,
  readListFile,
  readPickle,
  readRunMetrics,
  readSafetensors,
  selectRows,
  writeFeatureFile,
  writeSafetensors,
} from "../../src/formats/index.ts";
import { parseJson } from "../../src/formats/json.ts";
import { type RunManifest, readRunManifest, writeRunManifest } from "../../src/formats/run-manifest.ts";
import { writeTaggerManifest } from "../../src/formats/tagger-manifest.ts";
import { decodeUtf8, readText } from "../../src/formats/text.ts";
import { type MultimodalVideoTagSizes, multimodalVideoTagOf } from "../../src/models/presets.ts";
import {
  readCombined,
  readIniConfiguration,
  readLodTensor,
  readPaddleConfiguration,
  readPythonLiteral,
  writeCombined,
} from "../../src/paddle/index.ts";
import { readSavedTagger, type SavedTagger } from "../../src/tagging/stored-tagger.ts";

/** A reader of bytes that anyone may have written. */
export interface Parser {
  readonly name: string;
  /** A value, or a typed error; nothing else may come. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** Files to begin with: golden ones, those in corpus/NAME, and those that are made here. */
  readonly corpus: () => readonly Uint8Array[];
}

/** The name that readers are given; every message begins with it. */
export const FILE = "a.file";
const options = { file: FILE };

const GOLDEN = new URL("../fixtures/golden/", import.meta.url);
const golden = (...paths: readonly string[]) =>
  paths.map((path) => new Uint8Array(readFileSync(new URL(path, GOLDEN))));
const goldenFolder = (folder: string) => golden(...readdirSync(new URL(folder, GOLDEN)).map((name) => folder + name));
const texts = (...parts: readonly string[]) => parts.map((text) => new TextEncoder().encode(text));

/** What Python, NumPy, pandas and ml_dtypes pickle. */
function unusualPickles(): Uint8Array[] {
  const file = new URL("../formats/fixtures/unusual-pickles.json", import.meta.url);
  const { read } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly read: Readonly<Record<string, { readonly pickles: Readonly<Record<string, string>> }>>;
  };
  return Object.values(read).flatMap(({ pickles }) => {
    return Object.values(pickles).map((base64) => new Uint8Array(Buffer.from(base64, "base64")));
  });
}

/** The files kept in corpus/NAME. */
function kept(name: string): Uint8Array[] {
  const folder = new URL(`corpus/${name}/`, import.meta.url);
  return readdirSync(folder).map((file) => new Uint8Array(readFileSync(new URL(file, folder))));
}

function asText(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? new TextDecoder().decode(bytes);
}

/** What a reader promises of features beyond their type. */
function expectFeatures(bytes: Uint8Array): void {
  const { image, audio } = readFeatureFile(bytes, options);
  for (const { rows, size, data } of [image, audio]) {
    if (data.length !== rows * size && rows !== 0) throw new Error("The features are not rows times size.");
    if (!data.every(Number.isFinite)) throw new Error("The features are not finite.");
  }
}

const digest = "0".repeat(64);
const manifestFile = (file: string) => ({ file, bytes: 8, sha256: digest });

const ENCODER = {
  vocabularySize: 30,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  maxPositions: 16,
  sentenceTypes: 2,
  taskTypes: 0,
  activation: "relu",
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  initializerRange: 0.02,
} as const;

const SIZES: MultimodalVideoTagSizes = {
  image: { size: 6, units: 8 },
  audio: { size: 4, units: 8 },
  isTextGuided: false,
  numClasses: 2,
  head: "sigmoid",
  dropoutRate: 0.5,
};

const TAGGER: SavedTagger = {
  model: multimodalVideoTagOf(SIZES),
  labels: ["影视", "音乐"],
  threshold: [0.25, 0.5],
  calibration: { kind: "platt", scalings: Array.from({ length: 2 }, () => ({ slope: 1.5, intercept: -0.25 })) },
  texts: {},
  weights: manifestFile("weights.safetensors"),
};

const TAGGER_WITH_TITLES: SavedTagger = {
  ...TAGGER,
  threshold: 0.5,
  calibration: { kind: "temperature", temperature: 1.5 },
  model: multimodalVideoTagOf({
    ...SIZES,
    isTextGuided: true,
    text: { encoder: ENCODER, training: "frozen", filters: 4 },
  }),
  texts: { text: { maxLength: 12, vocabulary: manifestFile("vocabulary.txt") } },
};

const DATASET = { list: "datasets/train.txt", videos: 12, sha256: digest };
const RUN: RunManifest = {
  seed: 17,
  backend: "wasm",
  options: { checkpoint: "checkpoints/param", epochs: 3, workers: 2 },
  datasets: { train: DATASET, valid: DATASET },
};

const TRAINING_STATE: CheckpointManifest = {
  progress: {
    epoch: 1,
    step: 12,
    position: "34",
    examples: 24,
    loss: 3.5,
    sums: { hits: 7 },
    best: { hitAt1: 0.5, meanAveragePrecision: 0.25, loss: 1.25 },
    epochsWithoutBetter: 0,
    isAveraged: false,
  },
  metrics: "",
  state: manifestFile("state.safetensors"),
  frozen: undefined,
  leftOut: { train: [{ line: 3, missing: "features/a.pkl" }], valid: [{ line: 1, problem: "b.pkl: it is damaged." }] },
};

const EPOCH = {
  epoch: 1,
  learningRate: 0.001,
  loss: 1.5,
  valid: { loss: 1.25, videos: 10, hitAtK: { 1: 0.5, 5: 0.75 }, meanAveragePrecision: 0.25 },
  isBest: true,
};

export const PARSERS: readonly Parser[] = [
  {
    name: "pickle",
    read: (bytes) => readPickle(bytes, options),
    corpus: () => [...goldenFolder("dataset/features/"), ...goldenFolder("bad-features/"), ...unusualPickles()],
  },
  {
    name: "feature-file",
    read: expectFeatures,
    corpus: () => [
      ...goldenFolder("dataset/features/"),
      ...unusualPickles(),
      writeFeatureFile({
        video: "视频",
        image: { rows: 2, size: 6, data: new Float32Array(12).fill(0.5) },
        audio: { rows: 1, size: 4, data: new Float32Array(4).fill(2) },
      }),
    ],
  },
  {
    name: "feature-file-description",
    read: (bytes) => describeFeatureFile(bytes, options),
    corpus: () => [...goldenFolder("dataset/features/"), ...unusualPickles()],
  },
  { name: "pdparams", read: (bytes) => readPickle(bytes, options), corpus: () => kept("pdparams") },
  {
    name: "list",
    read: (bytes) => {
      const rows = readListFile(bytes, options);
      const labels = indexLabels(["影视", "音乐"]);
      return [selectRows(rows, { mode: "train", labels }), selectRows(rows, { mode: "infer" })];
    },
    corpus: () => golden("dataset/list.txt", "end-to-end/datasets/val.txt"),
  },
  {
    name: "feature-file-name",
    read: (bytes) => featureFileName(asText(bytes)),
    corpus: () => texts("a/b.c.mp4", "视频"),
  },
  {
    name: "classes",
    read: (bytes) => readClassFile(bytes, options),
    corpus: () => golden("dataset/class.txt", "dataset/class_indexed.txt"),
  },
  {
    name: "class-problems",
    read: (bytes) => classFileProblems(bytes, options),
    corpus: () => golden("dataset/class_indexed.txt"),
  },
  { name: "text", read: (bytes) => readText(bytes, FILE), corpus: () => golden("dataset/list.txt") },
  { name: "ini", read: (bytes) => readIniConfiguration(bytes, options), corpus: () => golden("end-to-end/conf.txt") },
  {
    name: "configuration",
    read: (bytes) => readPaddleConfiguration(bytes, options),
    corpus: () => golden("end-to-end/conf.txt"),
  },
  {
    name: "python-literal",
    read: (bytes) => readPythonLiteral(asText(bytes), options),
    corpus: () =>
      texts(
        "{'a': [1, -2.5e3, (None, True)], 'b': r'\\x' \"\\u4e2d\" '''c\n''', 3: b'\\xff', }",
        "[[2048],\n[128], # c\n[5, 50, 1]]",
        "0x1F, 0b1_0, 1_000.5e-3, .5, 10.",
      ),
  },
  {
    name: "json",
    read: (bytes) => parseJson(asText(bytes), FILE),
    corpus: () => texts('{"a": [1, -2.5e3, null, true], "b": {"c": "\\u4e2d\\n"}, "": []}'),
  },
  {
    name: "ernie-configuration",
    read: (bytes) => readErnieConfiguration(bytes, options),
    corpus: () => golden("models/text-guide-softmax-finetune/ernie/ernie_config.json"),
  },
  {
    name: "vocabulary",
    read: parseVocabulary,
    corpus: () =>
      texts("[PAD]\n[CLS]\n[SEP]\n[UNK]\nhouse\n##s\n", "[PAD]\t0\r\n[CLS]\t1\r\n[SEP]\t2\r\n[UNK]\t17\r\n视\t5"),
  },
  {
    name: "safetensors",
    read: (bytes) => readSafetensors(bytes, options),
    corpus: () => [
      writeSafetensors(
        new Map<string, NumericArray>([
          ["a", { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
          ["b", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
          ["c", { dtype: "float16", shape: [0], data: new Uint16Array(0) }],
        ]),
        new Map([["format", "pt"]]),
      ),
    ],
  },
  {
    name: "lod-tensor",
    read: (bytes) => readLodTensor(bytes, options),
    corpus: () => golden("models/text-guide-sigmoid-frozen/ernie/sent_embedding"),
  },
  {
    name: "paddle-checkpoint",
    read: (bytes) => readCombined(bytes, options),
    corpus: () => [
      writeCombined([
        { dtype: "float32", shape: [2, 3], data: new Float32Array(6).fill(1) },
        { dtype: "int64", shape: [], data: BigInt64Array.of(-5n) },
        { dtype: "bool", shape: [0, 7], data: new Uint8Array(0) },
      ]),
    ],
  },
  {
    name: "tagger-manifest",
    read: (bytes) => readSavedTagger(bytes, options),
    corpus: () => [...texts(writeTaggerManifest(TAGGER)), ...texts(writeTaggerManifest(TAGGER_WITH_TITLES))],
  },
  {
    name: "run-manifest",
    read: (bytes) => readRunManifest(bytes, options),
    corpus: () => texts(writeRunManifest(RUN, { versions: { node: "20" } })),
  },
  {
    name: "training-state",
    read: (bytes) => readCheckpointManifest(bytes, options),
    corpus: () => texts(writeCheckpointManifest(TRAINING_STATE)),
  },
  {
    name: "run-metrics",
    read: (bytes) => readRunMetrics(bytes, options),
    corpus: () => texts(`${JSON.stringify(EPOCH)}\n${JSON.stringify({ ...EPOCH, epoch: 2, isBest: false })}\n`),
  },
];

export function parserNamed(name: string): Parser {
  const parser = PARSERS.find((each) => each.name === name);
  if (parser === undefined) throw new RangeError(`Known parsers are ${PARSERS.map((each) => each.name).join(", ")}.`);
  return parser;
}

const LONGEST_MESSAGE = 700;

/**
 * Reads bytes as anyone may have written them.
 *
 * @returns whether a value came, or a typed error
 * @throws whatever else came, or an Error that says what is wrong with the typed error's message
 */
export async function tryParser({ read }: Parser, bytes: Uint8Array): Promise<"value" | "error"> {
  try {
    await read(bytes);
    return "value";
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof VocabularyError)) throw error;
    const { message } = error;
    const begins = error instanceof FormatError ? message.startsWith(FILE) : message.startsWith("Vocabulary");
    if (!begins) throw new Error(`The message does not begin with the file: ${JSON.stringify(message)}.`);
    if (message.length > LONGEST_MESSAGE) throw new Error(`The message has ${message.length} characters.`);
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(message)) {
      throw new Error(`The message has characters that cannot be seen: ${JSON.stringify(message)}.`);
    }
    return "error";
  }
}
