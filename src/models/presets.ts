import type { ErnieConfig } from "./ernie-encoder.ts";
import type { MultimodalTaggerConfig } from "./multimodal-tagger.ts";

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

/** MultimodalVideoTag's published sizes (its conf.txt): ResNet and VGGish features, a frozen ERNIE, guided attention. */
export function multimodalVideoTag({ numClasses }: { readonly numClasses: number }): MultimodalTaggerConfig {
  return {
    image: { featureSize: 2048, units: 512 },
    audio: { featureSize: 128, units: 128 },
    text: { encoder: ernieBase(), encoderTraining: "frozen", filters: 256, windows: [2, 3, 4] },
    pooling: "text-guided",
    numClasses,
    head: "sigmoid",
    dropoutRate: 0.5,
    dropoutScaling: "inference",
  };
}
