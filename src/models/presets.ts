import type { ErnieConfig } from "./ernie-encoder.ts";
import type { EncoderTraining, ModalityConfig, MultimodalTaggerConfig, WhenAbsent } from "./tagger-config.ts";

/** ERNIE 1.0's published sizes (its ernie_config.json). */
export function ernieBase(): ErnieConfig {
  return {
    vocabularySize: 18_000,
    hiddenSize: 768,
    layers: 12,
    heads: 12,
    maxPositions: 513,
    sentenceTypes: 2,
    taskTypes: 0,
    activation: "relu",
    hiddenDropout: 0.1,
    attentionDropout: 0.1,
    initializerRange: 0.02,
  };
}

/** Sizes and options of MultimodalVideoTag, as its configuration has them. A modality that is left out is not there. */
export interface MultimodalVideoTagSizes {
  readonly image?: MultimodalVideoTagFeatures | undefined;
  readonly audio?: MultimodalVideoTagFeatures | undefined;
  /** The title. */
  readonly text?:
    | {
        readonly encoder: ErnieConfig;
        readonly training: EncoderTraining;
        /** Of each of the TextCNN's windows. Default 256. */
        readonly filters?: number;
        /** Default [2, 3, 4]. */
        readonly windows?: readonly number[];
      }
    | undefined;
  /** Whether the title guides the attention over image and audio. */
  readonly isTextGuided: boolean;
  readonly numClasses: number;
  readonly head: "sigmoid" | "softmax";
  readonly dropoutRate: number;
  /** Default `inference`, Paddle's older form, which its checkpoints were trained with. */
  readonly dropoutScaling?: "inference" | "training";
  /**
   * What stands for a title or a sound that a video does not have: the empty title and ten rows of zeros, as in the
   * original, or nothing. Default: as in the original.
   */
  readonly masksAbsent?: boolean;
}

export interface MultimodalVideoTagFeatures {
  /** Width of a row of features. */
  readonly size: number;
  /** Units of the LSTM in each direction. */
  readonly units: number;
}

/** What the original takes for the sound of a video that has none: this many rows of zeros. */
const SILENT_ROWS = 10;

/** MultimodalVideoTag's modalities `image`, `audio` and `text`, with sizes of your own. */
export function multimodalVideoTagOf(sizes: MultimodalVideoTagSizes): MultimodalTaggerConfig {
  const { image, audio, text, isTextGuided, numClasses, head, dropoutRate, masksAbsent = false } = sizes;
  const features = (
    { size, units }: MultimodalVideoTagFeatures,
    inputBias: { readonly forward: boolean; readonly backward: boolean },
    whenAbsent: WhenAbsent,
  ): ModalityConfig => ({
    input: { size },
    recurrence: { units, inputBias },
    pooling: { kind: "attention" },
    ...(isTextGuided && { guidedBy: "text" }),
    whenAbsent: masksAbsent ? "masked" : whenAbsent,
  });
  return {
    modalities: {
      // The biases that the original's projections have; its checkpoints hold just these. It has no substitute for frames.
      ...(image && { image: features(image, { forward: false, backward: true }, "left-out") }),
      ...(audio && { audio: features(audio, { forward: true, backward: false }, { zeroRows: SILENT_ROWS }) }),
      ...(text && {
        text: {
          input: { encoder: text.encoder, training: text.training },
          pooling: { kind: "text-cnn", filters: text.filters ?? 256, windows: text.windows ?? [2, 3, 4] },
          whenAbsent: masksAbsent ? "masked" : "empty-text",
        },
      }),
    },
    numClasses,
    head,
    dropout: { rate: dropoutRate, scaling: sizes.dropoutScaling ?? "inference" },
  };
}

/** MultimodalVideoTag's published sizes (its conf.txt): ResNet and VGGish features, a frozen ERNIE, guided attention. */
export function multimodalVideoTag({ numClasses }: { readonly numClasses: number }): MultimodalTaggerConfig {
  return multimodalVideoTagOf({
    image: { size: 2048, units: 512 },
    audio: { size: 128, units: 128 },
    text: { encoder: ernieBase(), training: "frozen" },
    isTextGuided: true,
    numClasses,
    head: "sigmoid",
    dropoutRate: 0.5,
  });
}
