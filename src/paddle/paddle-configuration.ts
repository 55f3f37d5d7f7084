import {
  dropoutRate,
  type Field,
  flag,
  fraction,
  numberIn,
  oneOf,
  optional,
  path,
  wholeNumber,
  withDefault,
} from "../formats/fields.ts";
import type { ReadOptions } from "../formats/format-error.ts";
import { expectReadOptions } from "../formats/read-options.ts";
import type { TextSource } from "../formats/text.ts";
import { dataFields, wholeNumbers } from "./configuration-fields.ts";
import { SectionedConfiguration } from "./sectioned-configuration.ts";
import { readTrainSection, type TrainSection } from "./train-section.ts";

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
  /** The most rows of image and of audio that a video has: of a longer one so many, evenly sampled. Undefined for all of them. */
  readonly maxRows: number | undefined;
  /** Seconds from one row of features to the next; undefined for a modality that is not in featureNames, or not known. */
  readonly rowSeconds: { readonly image: number | undefined; readonly audio: number | undefined };
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
export interface PaddleConfiguration {
  readonly model: ModelSection;
  readonly train: TrainSection;
  /** The other sections are undefined when the file lacks them. */
  readonly valid: EvaluationSection | undefined;
  readonly test: EvaluationSection | undefined;
  readonly infer: InferSection | undefined;
}

/**
 * Reads the INI configuration of PaddleVideo's MultimodalVideoTag. Keys without a value in the file take the
 * reference's own default where it has one. Beyond its keys: dropout_scaling, ernie_frozen_dropout, text_cnn_filters,
 * absent_modalities, max_rows, image_row_seconds and audio_row_seconds in [MODEL]; optimizer, momentum, schedule, warmup_steps,
 * encoder_learning_rate, encoder_layer_decay, decay_biases, max_gradient_norm, average_decay, label_smoothing and seed in
 * [TRAIN]. Keys of the reference that nothing uses are passed over.
 *
 * @throws FormatError naming the line and key: an unknown section or key (with the nearest known one), a missing key, a
 *   value of the wrong type or out of range, or two values that contradict each other
 */
export function readPaddleConfiguration(source: TextSource, options: ReadOptions): PaddleConfiguration {
  const { file } = expectReadOptions("readPaddleConfiguration", options);
  const configuration = new SectionedConfiguration(source, file, ["MODEL", "TRAIN", "VALID", "TEST", "INFER"]);
  const model = readModelSection(configuration);
  const encoder = model.ernieFreeze ? "frozen" : "fine-tuned";
  return {
    model,
    train: readTrainSection(configuration, model.featureNames.includes("text") ? encoder : "none"),
    valid: configuration.has("VALID") ? readEvaluationSection(configuration, "VALID") : undefined,
    test: configuration.has("TEST") ? readEvaluationSection(configuration, "TEST") : undefined,
    infer: configuration.has("INFER") ? readInferSection(configuration) : undefined,
  };
}

/** The reference's VGGish sees so much of the sound at a time. How often it takes a frame is not written anywhere. */
const AUDIO_ROW_SECONDS = 0.96;

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

function readModelSection(configuration: SectionedConfiguration): ModelSection {
  const values = configuration.read(
    "MODEL",
    {
      drop_rate: dropoutRate(),
      feature_names: featureNames(),
      feature_dims: featureDims(),
      text_max_len: optional(wholeNumber(2)),
      lstm_size_img: optional(wholeNumber(1)),
      lstm_size_audio: optional(wholeNumber(1)),
      num_classes: wholeNumber(1),
      top_n: wholeNumbers("a list of at least one whole number, each at least 1", (list) => list.length > 0),
      class_name_file: path("the name of a file"),
      ernie_freeze: optional(flag("True or False")),
      ernie_frozen_dropout: withDefault(flag("True or False"), false),
      lstm_pool_mode: poolMode(),
      dropout_scaling: withDefault(oneOf("inference", "training"), "inference"),
      text_cnn_filters: withDefault(wholeNumber(1), 256),
      absent_modalities: withDefault(oneOf("as-reference", "masked"), "as-reference"),
      max_rows: optional(wholeNumber(1)),
      image_row_seconds: optional(seconds()),
      audio_row_seconds: withDefault(seconds(), AUDIO_ROW_SECONDS),
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
    maxRows: values.max_rows,
    rowSeconds: {
      image: names.includes("rgb") ? values.image_row_seconds : undefined,
      audio: names.includes("audio") ? values.audio_row_seconds : undefined,
    },
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

function seconds(): Field<number> {
  return numberIn("a number of seconds above 0", (value) => value > 0);
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
