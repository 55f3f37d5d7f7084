export { describeTagger } from "./describe-tagger.ts";
export { type ErnieConfig, ErnieEncoder, type TokenBatch } from "./ernie-encoder.ts";
export {
  type LongVideo,
  MultimodalTagger,
  type MultimodalTaggerOptions,
  type TaggerInput,
  type TaggerOutput,
} from "./multimodal-tagger.ts";
export { countErnieParameters, countTaggerParameters, countTrainableParameters } from "./parameter-count.ts";
export {
  ernieBase,
  type MultimodalVideoTagFeatures,
  type MultimodalVideoTagSizes,
  multimodalVideoTag,
  multimodalVideoTagOf,
} from "./presets.ts";
export type {
  EncoderInput,
  EncoderTraining,
  FeaturesInput,
  ModalityConfig,
  ModalityInput,
  MultimodalTaggerConfig,
  PoolingConfig,
  Poolings,
  RecurrenceConfig,
  TokenEmbeddingConfig,
  TokensInput,
  WhenAbsent,
} from "./tagger-config.ts";
export { readTaggerDescription, type TaggerDescriptionOptions } from "./tagger-description.ts";
export { type PieceOptions, Tower, type TowerConfig } from "./tower.ts";
export { type BatchExtent, parameterMemory, type WorkingMemoryOptions, workingMemory } from "./working-memory.ts";
