export { classFileProblems, indexLabels, readClassFile, unusableLabels } from "./class-file.ts";
export { type ErnieConfiguration, readErnieConfiguration } from "./ernie-configuration.ts";
export { FormatError, type ReadOptions } from "./format-error.ts";
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
export { type DataType, type NumericArray, type NumericData, toFloat32 } from "./numeric-array.ts";
export { OpaqueValue } from "./opaque-value.ts";
export {
  describeFeatureFile,
  type FeatureFile,
  type FeatureFileDescription,
  type FeatureFileOptions,
  type FeatureMatrix,
  type ModalityDescription,
  readFeatureFile,
} from "./pickle/feature-file.ts";
export { writeFeatureFile } from "./pickle/feature-file-writer.ts";
export { readPickle } from "./pickle/pickle.ts";
export { type PickleKey, type PickleValue, pickleText } from "./pickle/pickle-value.ts";
export { bestEpoch, type RunEpoch, readRunMetrics } from "./run-metrics.ts";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
export type { TextSource } from "./text.ts";
