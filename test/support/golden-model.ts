import * as tf from "@tensorflow/tfjs-core";
import { padSequences, type SequenceRows } from "../../src/core/sequence-batch.ts";
import type { ParameterValues } from "../../src/core/state.ts";
import { readErnieConfiguration } from "../../src/formats/ernie-configuration.ts";
import { toFloat32 } from "../../src/formats/numeric-array.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import type { TaggerInput } from "../../src/models/multimodal-tagger.ts";
import { multimodalVideoTagOf } from "../../src/models/presets.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";

export const GOLDEN_MODELS = [
  "self-sigmoid-finetune",
  "self-sigmoid-frozen-no-dropout",
  "text-guide-sigmoid-frozen",
  "text-guide-softmax-finetune",
] as const;

const ARRAYS = {
  initial: "params.initial",
  forward: "forward",
  batches: "train.batches",
  gradients: "train.gradients",
  trained: "params.trained",
} as const;

/** The one model whose gradients were not kept. */
const WITHOUT_GRADIENTS = "self-sigmoid-frozen-no-dropout";

/** What a golden model's case.json says (see the goldens' README). */
interface GoldenCase {
  readonly config: {
    readonly image_size: number;
    readonly audio_size: number;
    readonly lstm_size_img: number;
    readonly lstm_size_audio: number;
    readonly num_classes: number;
    readonly drop_rate: number;
    readonly ernie_freeze: boolean;
    readonly lstm_pool_mode: string;
    readonly loss_type: "sigmoid" | "softmax";
    readonly batch_size: number;
    readonly learning_rate: number;
    readonly decay_gamma: number;
    readonly decay_epochs: readonly number[];
    readonly num_samples: number;
    readonly lens_i: readonly number[];
    readonly lens_a: readonly number[];
    readonly lens_t: readonly number[];
  };
  readonly loss_forward: number;
  readonly train_losses: readonly number[];
  readonly learning_rates: readonly number[];
  readonly unchanged_parameters: readonly string[];
}

export type Arrays = Map<string, ParameterValues>;

export interface GoldenModel {
  readonly case: GoldenCase;
  readonly config: MultimodalTaggerConfig;
  readonly initial: Arrays;
  readonly forward: Arrays;
  readonly batches: Arrays;
  readonly gradients: Arrays | undefined;
  readonly trained: Arrays;
}

/** A golden file's bytes by its path below the models' folder. */
export type GoldenFiles = (path: string) => Uint8Array;

/** The files of a golden model that `parseGoldenModel` asks for. */
export function goldenModelFiles(name: string): string[] {
  const { gradients, ...always } = ARRAYS;
  const arrays = [...Object.values(always), ...(name === WITHOUT_GRADIENTS ? [] : [gradients])];
  return ["case.json", "ernie/ernie_config.json", ...arrays.map((part) => `${part}.safetensors`)].map(
    (path) => `${name}/${path}`,
  );
}

export function parseArrays(files: GoldenFiles, path: string): Arrays {
  const { tensors } = readSafetensors(files(path), { file: path });
  return new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
}

/** @param dropoutRate instead of the case's own: it was trained without */
export function parseGoldenModel(files: GoldenFiles, name: string, dropoutRate?: number): GoldenModel {
  const text = (path: string) => new TextDecoder().decode(files(`${name}/${path}`));
  const golden = JSON.parse(text("case.json")) as GoldenCase;
  const sizes = golden.config;
  const config = multimodalVideoTagOf({
    image: { size: sizes.image_size, units: sizes.lstm_size_img },
    audio: { size: sizes.audio_size, units: sizes.lstm_size_audio },
    text: {
      encoder: readErnieConfiguration(text("ernie/ernie_config.json"), { file: "ernie_config.json" }),
      training: sizes.ernie_freeze ? "frozen" : "fine-tuned",
    },
    isTextGuided: sizes.lstm_pool_mode === "text_guide",
    numClasses: sizes.num_classes,
    head: sizes.loss_type,
    dropoutRate: dropoutRate ?? sizes.drop_rate,
  });
  const arrays = (part: keyof typeof ARRAYS) => parseArrays(files, `${name}/${ARRAYS[part]}.safetensors`);
  return {
    case: golden,
    config,
    initial: arrays("initial"),
    forward: arrays("forward"),
    batches: arrays("batches"),
    gradients: name === WITHOUT_GRADIENTS ? undefined : arrays("gradients"),
    trained: arrays("trained"),
  };
}

export function array(arrays: Arrays, name: string): ParameterValues {
  const found = arrays.get(name);
  if (found === undefined) throw new Error(`The golden file has no ${name}.`);
  return found;
}

/** The golden batch under a prefix such as `in.` or `batch0.` as a tagger takes it. */
export function goldenInput(arrays: Arrays, prefix: string): { input: TaggerInput; labels: tf.Tensor2D } {
  const sequences = (modality: string): SequenceRows[] => {
    const rows: SequenceRows[] = [];
    for (let video = 0; arrays.has(`${prefix}${modality}.${video}`); video++) {
      const { shape, data } = array(arrays, `${prefix}${modality}.${video}`);
      rows.push({ rows: shape[0] as number, size: shape[1] as number, data });
    }
    return rows;
  };
  const pad = (rows: SequenceRows[]) => padSequences(rows, rows[0]?.size as number);
  const text = array(arrays, `${prefix}text`);
  const [tokenIds, sentenceIds, positionIds, taskIds, mask] = tf.tidy(() => {
    const parts = tf.unstack(tf.tensor3d(text.data, text.shape as [number, number, number]), 1);
    return parts.map((part, index) => (index < 4 ? tf.cast(part, "int32") : part));
  }) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const labels = array(arrays, `${prefix}label`);
  return {
    input: {
      sequences: {
        image: pad(sequences("image")),
        audio: pad(sequences("audio")),
        text: { tokenIds, sentenceIds, positionIds, taskIds, mask },
      },
    },
    labels: tf.tensor2d(labels.data, labels.shape as [number, number]),
  };
}
