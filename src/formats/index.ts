export { classFileProblems, indexLabels, readClassFile, unusableLabels } from "./class-file.ts";
export { type ErnieConfiguration, readErnieConfiguration } from "./ernie-configuration.ts";
export {
  describeFeatureFile,
  type FeatureFile,
  type FeatureFileDescription,
  type FeatureFileOptions,
  type FeatureMatrix,
  type ModalityDescription,
  readFeatureFile,
} from "./feature-file.ts";
export { writeFeatureFile } from "./feature-file-writer.ts";
export { FormatError, type ReadOptions } from "./format-error.ts";
export { type IniEntry, type IniSection, readIniConfiguration } from "./ini-configuration.ts";
export { type LabelFindings, LabelReader, type MendedLabel, type UnknownLabel } from "./label-reader.ts";
export {
  featureFileName,
  type ListFile,
  type ListRow,
  openListFile,
  readListFile,
  type SelectedRow,
  type Selection,
  type SkippedRow,
  type SkipReason,
  selectRows,
} from "./list-file.ts";
export { readLodTensor, writeLodTensor } from "./lod-tensor.ts";
export { type DataType, type NumericArray, type NumericData, toFloat32 } from "./numeric-array.ts";
export { OpaqueValue } from "./opaque-value.ts";
export { paddleNameOrder, readCombined, writeCombined } from "./paddle-checkpoint.ts";
export { readPickle } from "./pickle.ts";
export { type PickleKey, type PickleValue, pickleText } from "./pickle-value.ts";
export { type LiteralKey, type LiteralValue, readPythonLiteral } from "./python-literal.ts";
export {
  type EvaluationSection,
  type FeatureName,
  type InferSection,
  type ModelSection,
  type ReferenceConfiguration,
  readReferenceConfiguration,
} from "./reference-configuration.ts";
export { bestEpoch, type RunEpoch, readRunMetrics } from "./run-metrics.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export type { TextSource } from "./text.ts";
export type { TrainSection } from "./train-section.ts";
