import {
  dropoutRate,
  flag,
  fraction,
  numberIn,
  oneOf,
  optional,
  path,
  wholeNumber,
  withDefault,
} from "../formats/fields.ts";
import { dataFields, wholeNumbers } from "./configuration-fields.ts";
import type { SectionedConfiguration } from "./sectioned-configuration.ts";

export interface TrainSection {
  readonly epochs: number;
  readonly optimizer: "rmsprop" | "adamw" | "sgd";
  /** Of sgd; undefined for the others. */
  readonly momentum: number | undefined;
  readonly learningRate: number;
  /** How the learning rate goes on from there: cosine and linear end at 0 with the last epoch. */
  readonly schedule: "piecewise" | "cosine" | "linear";
  /** Of piecewise: what the rate is multiplied with, and after which epochs, ascending; undefined for the others. */
  readonly decayGamma: number | undefined;
  readonly decayEpochs: readonly number[] | undefined;
  /** Steps in which the rate rises to its schedule's; 0 for none. */
  readonly warmupSteps: number;
  /** The rate of a fine-tuned encoder's uppermost layer; undefined for that of all other parameters. */
  readonly encoderLearningRate: number | undefined;
  /** What the rate of a fine-tuned encoder's layer is multiplied with for each layer above it; undefined for 1. */
  readonly encoderLayerDecay: number | undefined;
  readonly weightDecay: number;
  /** Whether weight decay holds for biases and the scales of layer norms too. */
  readonly decayBiases: boolean;
  /** The norm to which a step's gradients are clipped, all together. */
  readonly maxGradientNorm: number | undefined;
  /** How much of the averaged weights stays at each step; undefined where none are kept. */
  readonly averageDecay: number | undefined;
  readonly numSamples: number | undefined;
  readonly batchSize: number;
  /** Focal and asymmetric loss are for sigmoid scores. */
  readonly lossType: "sigmoid" | "softmax" | "focal" | "asymmetric";
  readonly labelSmoothing: number;
  readonly modalDropRate: number;
  /** Folder of the pretrained ERNIE and its vocabulary; undefined without the modality text. */
  readonly ernieFolder: string | undefined;
  /** Folder of the feature files. */
  readonly features: string;
  /** The list file. */
  readonly list: string;
  /** Epochs without a better result before training stops. */
  readonly earlyStop: number;
  readonly seed: number;
}

/** Keys that the reference's own configurations hold and that nothing reads. */
const UNUSED_KEYS = ["warmup_epoch", "warmup_proportion"];

/**
 * @param encoder what the model's section says of ERNIE
 * @throws FormatError as readPaddleConfiguration does
 */
export function readTrainSection(
  configuration: SectionedConfiguration,
  encoder: "none" | "frozen" | "fine-tuned",
): TrainSection {
  const positive = numberIn("a number greater than 0", (value) => value > 0);
  const decay = numberIn("a number of at least 0", (value) => value >= 0);
  const rate = dropoutRate();
  const values = configuration.read(
    "TRAIN",
    {
      epoch: wholeNumber(1),
      optimizer: withDefault(oneOf("rmsprop", "adamw", "sgd"), "rmsprop"),
      momentum: optional(rate),
      learning_rate: withDefault(positive, 1e-3),
      schedule: withDefault(oneOf("piecewise", "cosine", "linear"), "piecewise"),
      decay_gamma: optional(positive),
      decay_epochs: optional(wholeNumbers("a list of whole numbers, each at least 1, ascending", isAscending)),
      warmup_steps: withDefault(wholeNumber(0), 0),
      encoder_learning_rate: optional(positive),
      encoder_layer_decay: optional(numberIn("a number greater than 0, 1 at most", (value) => value > 0 && value <= 1)),
      l2_weight_decay: optional(decay),
      weight_decay: optional(decay),
      decay_biases: withDefault(flag("True or False"), true),
      max_gradient_norm: optional(positive),
      average_decay: optional(rate),
      num_samples: optional(wholeNumber(1)),
      loss_type: oneOf("sigmoid", "softmax", "focal", "asymmetric"),
      label_smoothing: withDefault(rate, 0),
      modal_drop_rate: withDefault(fraction(), 0),
      ernie_pretrain_dict_path: optional(path("the name of a folder")),
      early_stop: withDefault(wholeNumber(1), 20),
      seed: withDefault(wholeNumber(0), 0),
      ...dataFields(),
    },
    UNUSED_KEYS,
  );
  const error = (key: keyof typeof values, problem: string) => configuration.errorAt("TRAIN", key, problem);
  /** A key that would count for nothing is a slip, or a wrong idea of what is trained. */
  const expectUnset = (key: keyof typeof values, otherwise: string, got: string): void => {
    if (values[key] !== undefined) throw error(key, `expected ${otherwise} for the key ${key}. Got ${got}.`);
  };
  const { optimizer, schedule, l2_weight_decay: ours, weight_decay: reference } = values;
  if (ours !== undefined && reference !== undefined && ours !== reference) {
    throw error(
      "weight_decay",
      `expected one weight decay. Got l2_weight_decay ${ours} and weight_decay ${reference}.`,
    );
  }
  if (optimizer !== "sgd") expectUnset("momentum", 'optimizer = "sgd"', optimizer);
  for (const key of ["decay_gamma", "decay_epochs"] as const) {
    if (schedule !== "piecewise") expectUnset(key, 'schedule = "piecewise"', schedule);
  }
  for (const key of ["encoder_learning_rate", "encoder_layer_decay"] as const) {
    if (encoder === "none") expectUnset(key, "text in feature_names", "none");
    else if (encoder === "frozen") expectUnset(key, "ernie_freeze = False", "True");
  }
  if (encoder !== "none" && values.ernie_pretrain_dict_path === undefined) {
    const problem = "expected the key ernie_pretrain_dict_path, which the feature text needs. Got none.";
    throw error("ernie_pretrain_dict_path", problem);
  }
  return {
    epochs: values.epoch,
    optimizer,
    momentum: optimizer === "sgd" ? (values.momentum ?? 0.9) : undefined,
    learningRate: values.learning_rate,
    schedule,
    decayGamma: schedule === "piecewise" ? (values.decay_gamma ?? 0.1) : undefined,
    decayEpochs: schedule === "piecewise" ? (values.decay_epochs ?? [5]) : undefined,
    warmupSteps: values.warmup_steps,
    encoderLearningRate: values.encoder_learning_rate,
    encoderLayerDecay: values.encoder_layer_decay,
    weightDecay: ours ?? reference ?? 8e-4,
    decayBiases: values.decay_biases,
    maxGradientNorm: values.max_gradient_norm,
    averageDecay: values.average_decay,
    numSamples: values.num_samples,
    batchSize: values.batch_size,
    lossType: values.loss_type,
    labelSmoothing: values.label_smoothing,
    modalDropRate: values.modal_drop_rate,
    ernieFolder: values.ernie_pretrain_dict_path,
    features: values.filelist,
    list: values.url_title_label_file,
    earlyStop: values.early_stop,
    seed: values.seed,
  };
}

function isAscending(list: readonly number[]): boolean {
  return list.every((value, index) => index === 0 || value > (list[index - 1] as number));
}
