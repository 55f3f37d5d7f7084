export {
  BackendFailedError,
  BackendMemoryError,
  MismatchError,
  NotFiniteError,
  ShapeError,
  StateError,
  TooLargeError,
} from "./core/errors.ts";
export type { ForwardOptions, TrainingOptions } from "./core/forward-options.ts";
export type { InitialValues } from "./core/initializers.ts";
export { Module } from "./core/module.ts";
export { type KeepsStatistics, MomentCollector, type Moments, type MomentTensors } from "./core/moments.ts";
export { type RandomState, RandomStream } from "./core/random-stream.ts";
export { padSequences, type SequenceBatch, type SequenceRows, sequenceMask } from "./core/sequence-batch.ts";
export { loadState, type ParameterValues, readState, readVariables, type State } from "./core/state.ts";
export { guardBackend, rebuildBackend } from "./core/wasm-guard.ts";
export { VideoTagError, type VideoTagErrorCode } from "./formats/video-tag-error.ts";
