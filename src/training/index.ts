export { computeGradients, type LossAndGradients } from "./gradients.ts";
export {
  describeFirstNotFinite,
  describeNotFiniteUpdate,
  type FailedStep,
  type ParameterUpdate,
} from "./not-finite.ts";
export type { Optimizer, OptimizerState } from "./optimizer.ts";
export { type RmsPropConfig, rmsProp } from "./rms-prop.ts";
export { type PiecewiseDecayConfig, piecewiseDecay, type Schedule } from "./schedules.ts";
export { type TrainEpoch, type TrainOptions, type TrainStep, train } from "./train.ts";
export { type DatasetFindings, datasetWarnings, type EpochLosses, overfittingWarning } from "./warnings.ts";
