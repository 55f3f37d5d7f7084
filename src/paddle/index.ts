export { paddleNameOrder, readCombined, writeCombined } from "./combined-parameters.ts";
export { type ExplainedPrediction, explainedPrediction } from "./explained-prediction.ts";
export { type IniEntry, type IniSection, readIniConfiguration } from "./ini-configuration.ts";
export { readLodTensor, writeLodTensor } from "./lod-tensor.ts";
export {
  type EvaluationSection,
  type FeatureName,
  type InferSection,
  type ModelSection,
  type PaddleConfiguration,
  readPaddleConfiguration,
} from "./paddle-configuration.ts";
export { type PaddlePrediction, type PredictedVideo, paddlePrediction } from "./paddle-prediction.ts";
export {
  erniePaddleTable,
  type PaddleParameter,
  stateFromPaddle,
  stateToPaddle,
  taggerPaddleTable,
} from "./parameter-names.ts";
export { type LiteralKey, type LiteralValue, readPythonLiteral } from "./python-literal.ts";
export type { TrainSection } from "./train-section.ts";
