import type { KindInput, PartFields } from "../formats/part.ts";
import type { DropoutConfig } from "../layers/dropout.ts";
import type { PoolingKind } from "../layers/pooling/pooling-kind.ts";
import type { POOLINGS } from "../layers/pooling/poolings.ts";
import type { ErnieConfig } from "./ernie-encoder.ts";

/** Features over time, such as frames or sound. A single vector is a sequence of one row. */
export interface FeaturesInput {
  /** Width of a row. */
  readonly size: number;
}

/** A text whose tokens have vectors of their own, trained from nothing. */
export interface TokensInput {
  readonly tokens: TokenEmbeddingConfig;
}

export interface TokenEmbeddingConfig {
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Width of a token's vector. */
  readonly size: number;
  /** Deviation of the truncated normal distribution that the vectors start from. Default 0.02. */
  readonly initializerRange?: number;
}

/** A text whose tokens' vectors come from an encoder. */
export interface EncoderInput {
  readonly encoder: ErnieConfig;
  readonly training: EncoderTraining;
}

/**
 * How training treats an encoder.
 * - `fine-tuned`: its parameters are trained with the others.
 * - `frozen`: they stay as they are, and it runs as in prediction, so that a text's encoding can be kept.
 * - `frozen-with-dropout`: they stay as they are, but its dropout is active: what the original does when it freezes.
 */
export type EncoderTraining = "fine-tuned" | "frozen" | "frozen-with-dropout";

export type ModalityInput = FeaturesInput | TokensInput | EncoderInput;

/** A bidirectional LSTM with peepholes. */
export interface RecurrenceConfig {
  /** Units in each direction. */
  readonly units: number;
  /** Whether the projections of a direction have a bias beside the gates' own. Default: neither has. */
  readonly inputBias?: { readonly forward: boolean; readonly backward: boolean };
}

/** One of this library's poolings, or one of your own, whose kind has a slash: `mine/median`. */
export type PoolingConfig =
  | KindInput<typeof POOLINGS>
  | { readonly kind: `${string}/${string}`; readonly [key: string]: unknown };

/** Poolings by their kinds. */
export type Poolings = Readonly<Record<string, PoolingKind<PartFields>>>;

/**
 * What stands for a modality that a video does not have.
 * - `masked`: nothing. Its vector is zero, and no gradient flows back through its tower.
 * - `left-out`: nothing as well, and a dataset leaves out videos without it.
 * - `{ zeroRows }`: so many rows of zeros, which count as if they were the video's own. For features.
 * - `empty-text`: the text without a token of its own ([CLS] and [SEP]), which counts as well. For texts.
 */
export type WhenAbsent = "masked" | "left-out" | "empty-text" | { readonly zeroRows: number };

/** One modality: its rows become one vector. */
export interface ModalityConfig {
  readonly input: ModalityInput;
  /** Default: none, the pooling sees the rows themselves. */
  readonly recurrence?: RecurrenceConfig | undefined;
  readonly pooling: PoolingConfig;
  /** The modality whose vector guides the pooling. Default: none. */
  readonly guidedBy?: string | undefined;
  /** Default `masked`. */
  readonly whenAbsent?: WhenAbsent;
}

/** A tagger: its modalities by names of your own, and the head over their vectors, side by side in this order. */
export interface MultimodalTaggerConfig {
  /** At least one. A name has letters, digits, `-` and `_`, with a letter first. */
  readonly modalities: Readonly<Record<string, ModalityConfig>>;
  readonly numClasses: number;
  /** A probability for each label (sigmoid), or a distribution over the labels (softmax). */
  readonly head: "sigmoid" | "softmax";
  /** After each recurrence; of a modality without one, after its pooling. */
  readonly dropout: DropoutConfig;
}

/** Whether a modality's rows are the tokens of a text. */
export function isText(
  config: ModalityConfig,
): config is ModalityConfig & { readonly input: TokensInput | EncoderInput } {
  return !("size" in config.input);
}

/** The names of the modalities that are texts, in the order of the config. */
export function textsOf({ modalities }: Pick<MultimodalTaggerConfig, "modalities">): string[] {
  return Object.keys(modalities).filter((name) => isText(modalities[name] as ModalityConfig));
}

/** The modalities of features and their widths. */
export function featureSizes({ modalities }: Pick<MultimodalTaggerConfig, "modalities">): Record<string, number> {
  const sizes = Object.entries(modalities).flatMap(([name, { input }]) =>
    "size" in input ? [[name, input.size]] : [],
  );
  return Object.fromEntries(sizes);
}

/** Rows that stand for a modality that a video does not have, and count. */
export function zeroRowsOf({ whenAbsent }: ModalityConfig): number {
  return typeof whenAbsent === "object" ? whenAbsent.zeroRows : 0;
}

/** Whether nothing stands for a modality that a video does not have. */
export function isMaskedWhenAbsent({ whenAbsent = "masked" }: ModalityConfig): boolean {
  return whenAbsent === "masked" || whenAbsent === "left-out";
}

/** Width of a modality's rows, as its recurrence or its pooling sees them first. */
export function inputSizeOf({ input }: ModalityConfig): number {
  if ("size" in input) return input.size;
  return "tokens" in input ? input.tokens.size : input.encoder.hiddenSize;
}

/**
 * The modalities in an order in which each guide comes before those that it guides, and those without a recurrence as early
 * as they can: so the towers are made, and draw their initial values, and so they run.
 *
 * @returns names; the circle, with its first name at both ends, where modalities guide one another
 */
export function evaluationOrder(
  modalities: MultimodalTaggerConfig["modalities"],
): { readonly order: readonly string[] } | { readonly circle: readonly string[] } {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (order.includes(name)) return undefined;
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    const guide = modalities[name]?.guidedBy;
    const circle = guide === undefined ? undefined : visit(guide, [...path, name]);
    if (circle === undefined) order.push(name);
    return circle;
  };
  const names = Object.keys(modalities);
  const isPlain = (name: string) => modalities[name]?.recurrence === undefined;
  for (const name of [...names.filter(isPlain), ...names.filter((each) => !isPlain(each))]) {
    const circle = visit(name, []);
    if (circle !== undefined) return { circle };
  }
  return { order };
}
