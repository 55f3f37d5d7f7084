export { describeTagger } from "./describe-tagger.ts";
export { type ErnieConfig, ErnieEncoder, type TokenBatch } from "./ernie-encoder.ts";
export {
  type AbsentModalities,
  type LongVideo,
  MODALITIES,
  type Modality,
  MultimodalTagger,
  type MultimodalTaggerConfig,
  type SequenceModality,
  type SequenceModalityConfig,
  type TaggerInput,
  type TaggerOutput,
  type TextModalityConfig,
} from "./multimodal-tagger.ts";
export { countErnieParameters, countTaggerParameters, countTrainableParameters } from "./parameter-count.ts";
export { ernieBase, multimodalVideoTag } from "./presets.ts";
export { type PieceOptions, SequenceBranch, type SequenceBranchConfig } from "./sequence-branch.ts";
export { type EncoderTraining, TextBranch, type TextBranchConfig } from "./text-branch.ts";
export { type BatchExtent, parameterMemory, type WorkingMemoryOptions, workingMemory } from "./working-memory.ts";
