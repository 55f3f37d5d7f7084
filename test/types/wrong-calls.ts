/**
 * What must not compile. Nothing here runs: `npm run typecheck` fails where a line under `@ts-expect-error` is accepted.
 */
import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "../../src/index.ts";
import { AttentionPooling, Linear, TextCnn } from "../../src/layers/index.ts";
import { HitAtK } from "../../src/metrics/index.ts";
import {
  type EncoderTraining,
  ernieBase,
  type MultimodalTagger,
  type MultimodalTaggerConfig,
  type PoolingConfig,
  type TaggerInput,
} from "../../src/models/index.ts";

const random = new RandomStream(1);

/** Shared by the right and the wrong configurations below. */
const rest = { numClasses: 3, head: "sigmoid", dropout: { rate: 0.5 } } as const;
const image = { input: { size: 4 }, recurrence: { units: 2 }, pooling: { kind: "attention" } } as const;
const text = {
  input: { encoder: ernieBase(), training: "frozen" },
  pooling: { kind: "text-cnn", filters: 8, windows: [2, 3] },
} as const;

export function modes(): void {
  new AttentionPooling({ inputSize: 4 }, random);
  new AttentionPooling({ inputSize: 4, guideSize: 2 }, random);
  // @ts-expect-error the width of a row is missing
  new AttentionPooling({ guideSize: 2 }, random);
  // @ts-expect-error the width of the guide has another name
  new AttentionPooling({ inputSize: 4, textSize: 2 }, random);
  // @ts-expect-error initial values come from a stream, or from null for zeros: never from nowhere
  new AttentionPooling({ inputSize: 4 });
  // @ts-expect-error there is no such activation
  new Linear({ inputSize: 2, outputSize: 2, activation: "swish" }, random);
  // @ts-expect-error the windows are missing
  new TextCnn({ inputSize: 4, filters: 8 }, random);
}

export const self: MultimodalTaggerConfig = { ...rest, modalities: { image } };
export const guided: MultimodalTaggerConfig = { ...rest, modalities: { image: { ...image, guidedBy: "text" }, text } };
export const mine: MultimodalTaggerConfig = {
  ...rest,
  modalities: { "my-frames": { input: { size: 4 }, pooling: { kind: "mine/median", rows: 3 } } },
};
// @ts-expect-error there is no such pooling
export const misspelt: PoolingConfig = { kind: "meen" };
// @ts-expect-error the filters of the TextCNN are missing
export const filterless: PoolingConfig = { kind: "text-cnn", windows: [2] };
// @ts-expect-error an input has a width, tokens or an encoder
export const shapeless: MultimodalTaggerConfig = { ...rest, modalities: { image: { ...image, input: {} } } };
// @ts-expect-error there is no such head
export const headless: MultimodalTaggerConfig = { ...rest, modalities: { image }, head: "tanh" };
// @ts-expect-error there is no such treatment of an encoder
export const thawed: EncoderTraining = "thawed";

export function inputs(tagger: MultimodalTagger, input: TaggerInput): void {
  tagger.forward(input, { training: true, random });
  // @ts-expect-error dropout needs a stream to draw from
  tagger.forward(input, { training: true });
  // @ts-expect-error a sequence does not go without its mask
  tagger.forward({ sequences: { image: { values: tf.zeros([1, 2, 4]) } } });
  // @ts-expect-error modalities are sequences of the input
  tagger.forward({ image: input.sequences["image"] });
  // @ts-expect-error a config is not changed once a model stands
  tagger.config.numClasses = 4;
  // @ts-expect-error several k come as a list
  new HitAtK(5);
}
