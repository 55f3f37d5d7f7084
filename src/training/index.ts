export { type AsymmetricLossConfig, asymmetricLoss } from "../ops/asymmetric-loss.ts";
export { type FocalLossConfig, focalLoss } from "../ops/focal-loss.ts";
export { type LabelSmoothingConfig, withLabelSmoothing } from "../ops/label-smoothing.ts";
export type { Loss } from "../ops/loss.ts";
export { sigmoidCrossEntropy } from "../ops/sigmoid-cross-entropy.ts";
export { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.ts";
export { type AdamWConfig, adamW } from "./adam-w.ts";
export { type EncoderLearningRateConfig, encoderLearningRateScale } from "./encoder-learning-rate.ts";
export { type ClippedGradients, clipByGlobalNorm } from "./gradient-clipping.ts";
export { computeGradients, type LossAndGradients } from "./gradients.ts";
export { type LossConfig, lossOf } from "./loss-config.ts";
export {
  describeFirstNotFinite,
  describeNotFiniteParameter,
  type FailedStep,
} from "./not-finite.ts";
export type { Optimizer, OptimizerState, ParameterRates } from "./optimizer.ts";
export { type RmsPropConfig, rmsProp } from "./rms-prop.ts";
export {
  cosineDecay,
  type DecayConfig,
  linearDecay,
  type PiecewiseDecayConfig,
  piecewiseDecay,
  type Schedule,
  warmUp,
} from "./schedules.ts";
export { type SgdConfig, sgd } from "./sgd.ts";
export { type TaggerStepOptions, type TrainingWeights, type TrainingWorkers, taggerStep } from "./tagger-step.ts";
export { type EpochEvent, type StepEvent, type TrainingRules, type TrainOptions, train } from "./train.ts";
export { type BatchGradients, type StepOptions, stepOf, type Trained, type TrainStep } from "./train-step.ts";
export { type TaggerEpochEvent, type TaggerStepEvent, type TrainTaggerOptions, trainTagger } from "./train-tagger.ts";
export { dataOf, type ExampleOrder, type PlacedExample, type TrainingData } from "./training-data.ts";
export {
  createTrainingState,
  disposeTrainingState,
  type Figures,
  type TrainingProgress,
  type TrainingState,
} from "./training-state.ts";
export { type TrainingVideo, type VideoStepOptions, videoStep } from "./video-step.ts";
export {
  type DatasetFindings,
  datasetWarnings,
  type EpochLosses,
  overfittingWarning,
  overfittingWarnings,
} from "./warnings.ts";
export { exponentialMovingAverage, type WeightAverage } from "./weight-average.ts";
export { BIASES_AND_NORMS, weightDecayExcept } from "./weight-decay.ts";
