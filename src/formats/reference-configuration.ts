import {
  type Field,
  filledText,
  flag,
  fraction,
  numberIn,
  oneOf,
  optional,
  wholeNumber,
  withDefault,
} from "./fields.ts";
import type { ReadOptions } from "./format-error.ts";
import { SectionedConfiguration } from "./sectioned-configuration.ts";
import type { TextSource } from "./text.ts";

/** A modality, in the words of the reference's feature_names. */
export type FeatureName = "rgb" | "audio" | "text";

export interface ModelSection {
  readonly dropRate: number;
  /** In the order of the file, each at most once. */
  readonly featureNames: readonly FeatureName[];
  /** Tokens of a title; undefined without the modality text. */
  readonly textMaxLength: number | undefined;
  /** Width of the features; undefined for a modality that is not in featureNames. */
  readonly featureSizes: { readonly image: number | undefined; readonly audio: number | undefined };
  /** Undefined without the modality rgb. */
  readonly imageLstmSize: number | undefined;
  /** Undefined without the modality audio. */
  readonly audioLstmSize: number | undefined;
  readonly numClasses: number;
  readonly topN: readonly number[];
  readonly classNameFile: string;
  readonly ernieFreeze: boolean;
  /** Whether a frozen ERNIE's own dropout is active in training, as in the original. */
  readonly ernieFrozenDropout: boolean;
  readonly poolMode: "text-guided" | "self";
  /** When dropout scales: at inference as in the published checkpoints, or in training. */
  readonly dropoutScaling: "inference" | "training";
  readonly textCnnFilters: number;
  /** What stands for a title or a sound that a video does not have: the reference's substitute, or nothing. */
  readonly absentModalities: "as-reference" | "masked";
}

export interface TrainSection {
  readonly epochs: number;
  readonly learningRate: number;
  readonly decayGamma: number;
  readonly weightDecay: number;
  /** Epochs after which the learning rate falls, ascending. */
  readonly decayEpochs: readonly number[];
  readonly numSamples: number | undefined;
  readonly batchSize: number;
  readonly lossType: "sigmoid" | "softmax";
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

export interface EvaluationSection {
  readonly batchSize: number;
  readonly numSamples: number | undefined;
  readonly features: string;
  readonly list: string;
}

export interface InferSection {
  readonly batchSize: number;
  readonly threshold: number;
  readonly features: string;
  readonly list: string;
}

/** The reference system's configuration, checked. */
export interface ReferenceConfiguration {
  readonly model: ModelSection;
  readonly train: TrainSection;
  /** The other sections are undefined when the file lacks them. */
  readonly valid: EvaluationSection | undefined;
  readonly test: EvaluationSection | undefined;
  readonly infer: InferSection | undefined;
}

/**
 * Reads the INI configuration of PaddleVideo's MultimodalVideoTag. Keys without a value in the file take the
 * reference's own default where it has one. Beyond its keys: dropout_scaling, ernie_frozen_dropout, text_cnn_filters and
 * absent_modalities in [MODEL], seed in [TRAIN]. Keys of the reference that nothing uses are passed over.
 *
 * @throws FormatError naming the line and key: an unknown section or key (with the nearest known one), a missing key, a
 *   value of the wrong type or out of range, or two values that contradict each other
 */
export function readReferenceConfiguration(source: TextSource, { file }: ReadOptions): ReferenceConfiguration {
  const configuration = new SectionedConfiguration(source, file, ["MODEL", "TRAIN", "VALID", "TEST", "INFER"]);
  const model = readModelSection(configuration);
  return {
    model,
    train: readTrainSection(configuration, model.featureNames.includes("text")),
    valid: configuration.has("VALID") ? readEvaluationSection(configuration, "VALID") : undefined,
    test: configuration.has("TEST") ? readEvaluationSection(configuration, "TEST") : undefined,
    infer: configuration.has("INFER") ? readInferSection(configuration) : undefined,
  };
}

/** Keys that the reference's own configurations hold and that nothing reads. */
const UNUSED_MODEL_KEYS = [
  "name",
  "dataset",
  "bone_nework", // spelt so in the reference
  "feature_num",
  "feature_dtypes",
  "feature_lod_level",
  "embedding_size",
  "num_first_classes",
  "eigen_file",
  "num_seg",
];
const UNUSED_TRAIN_KEYS = ["warmup_epoch", "warmup_proportion"];

function readModelSection(configuration: SectionedConfiguration): ModelSection {
  const values = configuration.read(
    "MODEL",
    {
      drop_rate: fraction(),
      feature_names: featureNames(),
      feature_dims: featureDims(),
      text_max_len: optional(wholeNumber(2)),
      lstm_size_img: optional(wholeNumber(1)),
      lstm_size_audio: optional(wholeNumber(1)),
      num_classes: wholeNumber(1),
      top_n: wholeNumbers("a list of at least one whole number, each at least 1", (list) => list.length > 0),
      class_name_file: filledText("the name of a file"),
      ernie_freeze: optional(flag("True or False")),
      ernie_frozen_dropout: withDefault(flag("True or False"), false),
      lstm_pool_mode: poolMode(),
      dropout_scaling: withDefault(oneOf("inference", "training"), "inference"),
      text_cnn_filters: withDefault(wholeNumber(1), 256),
      absent_modalities: withDefault(oneOf("as-reference", "masked"), "as-reference"),
    },
    UNUSED_MODEL_KEYS,
  );
  const names = values.feature_names;
  const error = (key: string, problem: string) => configuration.errorAt("MODEL", key, problem);
  const needed = <Value>(key: keyof typeof values, name: FeatureName, value: Value | undefined): Value | undefined => {
    if (!names.includes(name)) return undefined;
    if (value === undefined) throw error(key, `expected the key ${key}, which the feature ${name} needs. Got none.`);
    return value;
  };
  const dims = values.feature_dims;
  if (dims.length !== names.length) {
    const problem = `expected feature_dims for each of the ${names.length} feature_names. Got ${dims.length}.`;
    throw error("feature_dims", problem);
  }
  const dimsOf = (name: FeatureName, expected: string, accepts: (dims: readonly number[]) => boolean) => {
    const own = dims[names.indexOf(name)];
    if (own === undefined || accepts(own)) return own;
    throw error("feature_dims", `expected ${expected} for ${name} in feature_dims. Got [${own.join(", ")}].`);
  };
  const isWidth = ({ length }: readonly number[]) => length === 1;
  const length = values.text_max_len;
  const textDims = dimsOf("text", `[5, ${length ?? "tokens"}, 1]`, ([rows, tokens = 0, width, ...more]) => {
    return rows === 5 && tokens >= 2 && tokens === (length ?? tokens) && width === 1 && more.length === 0;
  });
  if (values.lstm_pool_mode === "text-guided" && textDims === undefined) {
    throw error("lstm_pool_mode", "expected text in feature_names for the lstm_pool_mode text_guide. Got none.");
  }
  return {
    dropRate: values.drop_rate,
    featureNames: names,
    textMaxLength: textDims?.[1],
    featureSizes: {
      image: dimsOf("rgb", "[width]", isWidth)?.[0],
      audio: dimsOf("audio", "[width]", isWidth)?.[0],
    },
    imageLstmSize: needed("lstm_size_img", "rgb", values.lstm_size_img),
    audioLstmSize: needed("lstm_size_audio", "audio", values.lstm_size_audio),
    numClasses: values.num_classes,
    topN: values.top_n,
    classNameFile: values.class_name_file,
    ernieFreeze: needed("ernie_freeze", "text", values.ernie_freeze) ?? true,
    ernieFrozenDropout: values.ernie_frozen_dropout,
    poolMode: values.lstm_pool_mode,
    dropoutScaling: values.dropout_scaling,
    textCnnFilters: values.text_cnn_filters,
    absentModalities: values.absent_modalities,
  };
}

function readTrainSection(configuration: SectionedConfiguration, hasText: boolean): TrainSection {
  const positive = (value: number) => value > 0 && Number.isFinite(value);
  const decay = numberIn("a number of at least 0", (value) => value >= 0 && Number.isFinite(value));
  const values = configuration.read(
    "TRAIN",
    {
      epoch: wholeNumber(1),
      learning_rate: withDefault(numberIn("a number greater than 0", positive), 1e-3),
      decay_gamma: withDefault(numberIn("a number greater than 0", positive), 0.1),
      l2_weight_decay: optional(decay),
      weight_decay: optional(decay),
      decay_epochs: withDefault(wholeNumbers("a list of whole numbers, each at least 1, ascending", isAscending), [5]),
      num_samples: optional(wholeNumber(1)),
      loss_type: oneOf("sigmoid", "softmax"),
      modal_drop_rate: withDefault(fraction(), 0),
      ernie_pretrain_dict_path: optional(filledText("the name of a folder")),
      early_stop: withDefault(wholeNumber(1), 20),
      seed: withDefault(wholeNumber(0), 0),
      ...dataFields(),
    },
    UNUSED_TRAIN_KEYS,
  );
  const { l2_weight_decay: ours, weight_decay: reference } = values;
  if (ours !== undefined && reference !== undefined && ours !== reference) {
    const problem = `expected one weight decay. Got l2_weight_decay ${ours} and weight_decay ${reference}.`;
    throw configuration.errorAt("TRAIN", "weight_decay", problem);
  }
  if (hasText && values.ernie_pretrain_dict_path === undefined) {
    const problem = "expected the key ernie_pretrain_dict_path, which the feature text needs. Got none.";
    throw configuration.errorAt("TRAIN", "ernie_pretrain_dict_path", problem);
  }
  return {
    epochs: values.epoch,
    learningRate: values.learning_rate,
    decayGamma: values.decay_gamma,
    weightDecay: ours ?? reference ?? 8e-4,
    decayEpochs: values.decay_epochs,
    numSamples: values.num_samples,
    batchSize: values.batch_size,
    lossType: values.loss_type,
    modalDropRate: values.modal_drop_rate,
    ernieFolder: values.ernie_pretrain_dict_path,
    features: values.filelist,
    list: values.url_title_label_file,
    earlyStop: values.early_stop,
    seed: values.seed,
  };
}

function readEvaluationSection(configuration: SectionedConfiguration, name: "VALID" | "TEST"): EvaluationSection {
  const values = configuration.read(name, { num_samples: optional(wholeNumber(1)), ...dataFields() });
  return {
    batchSize: values.batch_size,
    numSamples: values.num_samples,
    features: values.filelist,
    list: values.url_title_label_file,
  };
}

function readInferSection(configuration: SectionedConfiguration): InferSection {
  const values = configuration.read("INFER", { threshold: withDefault(fraction(), 0.5), ...dataFields() });
  return {
    batchSize: values.batch_size,
    threshold: values.threshold,
    features: values.filelist,
    list: values.url_title_label_file,
  };
}

/** What every section that reads data has. */
function dataFields() {
  return {
    batch_size: wholeNumber(1),
    filelist: filledText("the name of a folder"),
    url_title_label_file: filledText("the name of a file"),
  };
}

function featureNames(): Field<readonly FeatureName[]> {
  const known: readonly unknown[] = ["rgb", "audio", "text"];
  return {
    expected: "a list of one or more of 'rgb', 'audio' and 'text', each at most once",
    check: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((name, index) => known.includes(name) && value.indexOf(name) === index)
        ? value
        : undefined,
  };
}

function featureDims(): Field<readonly (readonly number[])[]> {
  const isSize = (value: unknown) => typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
  return {
    expected: "a list of lists of whole numbers, each at least 1",
    check: (value) =>
      Array.isArray(value) && value.every((dims) => Array.isArray(dims) && dims.every(isSize)) ? value : undefined,
  };
}

function wholeNumbers(expected: string, accepts: (list: readonly number[]) => boolean): Field<readonly number[]> {
  const { check } = wholeNumber(1);
  return {
    expected,
    check: (value) =>
      Array.isArray(value) && value.every((item) => check(item) !== undefined) && accepts(value) ? value : undefined,
  };
}

function isAscending(list: readonly number[]): boolean {
  return list.every((value, index) => index === 0 || value > (list[index - 1] as number));
}

/** The reference compares with 'text_guide' and takes everything else, empty as a rule, for self-attention. */
function poolMode(): Field<"text-guided" | "self"> {
  return {
    expected: "'text_guide' or an empty text",
    check: (value) => {
      if (value === "text_guide") return "text-guided";
      return typeof value === "string" || value === null ? "self" : undefined;
    },
  };
}
