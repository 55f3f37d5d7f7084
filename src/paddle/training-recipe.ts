import type { MultimodalTagger } from "../models/multimodal-tagger.ts";
import {
  adamW,
  BIASES_AND_NORMS,
  cosineDecay,
  encoderLearningRateScale,
  exponentialMovingAverage,
  type LossConfig,
  linearDecay,
  type Optimizer,
  type ParameterRates,
  piecewiseDecay,
  rmsProp,
  type Schedule,
  sgd,
  type TrainTaggerOptions,
  warmUp,
  weightDecayExcept,
} from "../training/index.ts";
import type { TrainSection } from "./train-section.ts";

/** What a training is made of, beside its data and its length. */
export type TrainingRecipe = Required<Pick<TrainTaggerOptions, "optimizer" | "schedule">> & {
  readonly loss: LossConfig;
} & Pick<TrainTaggerOptions, "maxGradientNorm" | "average">;

export interface TrainingRecipeOptions {
  readonly model: MultimodalTagger;
  /** Videos that the training list offers. */
  readonly listSize: number;
  /** How many epochs there will be. */
  readonly epochs: number;
}

/** The bias that the original excepts from weight decay. */
const UNDECAYED = /^towers\.audio\.recurrence\.forwards\.input\.bias$/;

/** How a configuration trains a model. Without keys of ours: as the original does. */
export function trainingRecipe(train: TrainSection, options: TrainingRecipeOptions): TrainingRecipe {
  const { maxGradientNorm, averageDecay: decay } = train;
  return {
    optimizer: optimizerOf(train, options.model),
    schedule: scheduleOf(train, options),
    loss: { kind: train.lossType, labelSmoothing: train.labelSmoothing },
    ...(maxGradientNorm !== undefined && { maxGradientNorm }),
    ...(decay !== undefined && { average: exponentialMovingAverage({ decay }) }),
  };
}

/** What a configuration trains by, where that is not what validation measures; undefined where it is. */
export function describeTrainingLoss({ lossType, labelSmoothing }: TrainSection): string | undefined {
  const loss = {
    sigmoid: "cross-entropy",
    softmax: "cross-entropy",
    focal: "focal loss",
    asymmetric: "asymmetric loss",
  };
  if (labelSmoothing > 0) return `${loss[lossType]} with label smoothing ${labelSmoothing}`;
  return lossType === "focal" || lossType === "asymmetric" ? loss[lossType] : undefined;
}

function optimizerOf(train: TrainSection, model: MultimodalTagger): Optimizer {
  const { learningRate, encoderLearningRate = learningRate, encoderLayerDecay: layerDecay = 1, momentum = 0 } = train;
  const encoderScale = encoderLearningRate / learningRate;
  const hasEncoder = Object.values(model.towers).some(({ encoder }) => encoder !== undefined);
  const rates: ParameterRates = {
    weightDecay: weightDecayExcept(train.weightDecay, [UNDECAYED, ...(train.decayBiases ? [] : BIASES_AND_NORMS)]),
    ...(hasEncoder && { learningRateScale: encoderLearningRateScale(model, { encoderScale, layerDecay }) }),
  };
  switch (train.optimizer) {
    case "rmsprop":
      return rmsProp({ rho: 0.95, epsilon: 1e-6, ...rates });
    case "adamw":
      return adamW(rates);
    case "sgd":
      return sgd({ momentum, ...rates });
  }
}

/**
 * The learning rate falls after so many steps as num_samples and batch_size make in an epoch, as in the original; without
 * num_samples the list's own size counts. Cosine and linear end with the last step that the list makes.
 */
function scheduleOf(train: TrainSection, { listSize, epochs }: TrainingRecipeOptions): Schedule {
  const { learningRate, batchSize, warmupSteps, decayGamma: gamma = 1, decayEpochs = [] } = train;
  const whole = { learningRate, steps: Math.max(1, epochs * Math.ceil(listSize / batchSize)) };
  const stepsAnEpoch = (train.numSamples ?? listSize) / batchSize;
  const boundaries = decayEpochs.map((epoch) => epoch * stepsAnEpoch);
  const schedule = {
    piecewise: piecewiseDecay({ learningRate, gamma, boundaries }),
    cosine: cosineDecay(whole),
    linear: linearDecay(whole),
  }[train.schedule];
  return warmupSteps === 0 ? schedule : warmUp(schedule, { steps: warmupSteps });
}
