import { describe, expect, test } from "vitest";
import { readPaddleConfiguration } from "../../src/paddle/index.ts";
import { goldenBytes, messageOf } from "../formats/golden.ts";

const read = (text: string) => readPaddleConfiguration(text, { file: "conf.txt" });
const message = (text: string) => messageOf(() => read(text));

/** The reference's own configuration, as its page shows it, key by key. */
const published = `
[MODEL]
name = ""
dataset = "Baidudata"
bone_nework = None
drop_rate = 0.5
feature_num = 3
feature_names = ['rgb', 'audio', 'text']
text_max_len = 50
feature_dims = [[2048], [128], [5, 50, 1]]
feature_dtypes = ['float32', 'float32', 'int64']
feature_lod_level = [1, 1, 0]
embedding_size = 512
lstm_size_img = 512
lstm_size_audio = 128
num_classes = 110
top_n = [1,2,3,5]
num_first_classes = 20
class_name_file = "./datasets/class.txt"
ernie_freeze = True
lstm_pool_mode = 'text_guide'
[TRAIN]
epoch = 30
learning_rate = 0.0007
decay_gamma = 0.2
l2_weight_decay = 8e-4
decay_epochs = [5, 10, 15, 20]
num_samples = 70000
batch_size = 64
use_gpu = True
warmup_epoch = 5
loss_type = "sigmoid"
modal_drop_rate = 0.0
ernie_pretrain_dict_path = "model_pretrained/ernie_v1_params/"
filelist = "./datasets/feature_files/"
url_title_label_file = "./datasets/train.txt"
warmup_proportion = 0.0
early_stop = 15
[VALID]
batch_size = 16
num_samples = 464
filelist = "./datasets/feature_files/"
url_title_label_file = "./datasets/val.txt"
[INFER]
batch_size = 64
threshold = 0.25
filelist = "./datasets/feature_files/"
url_title_label_file = "./datasets/val.txt"
`;

/** The published configuration with the line of a key replaced, or taken out. */
function withLine(key: string, line?: string): string {
  const pattern = new RegExp(`^${key} = .*\n`, "m");
  expect(published).toMatch(pattern);
  return published.replace(pattern, line === undefined ? "" : `${line}\n`);
}

/** What [TRAIN] means without keys of ours. */
const AS_THE_ORIGINAL = {
  optimizer: "rmsprop",
  momentum: undefined,
  schedule: "piecewise",
  warmupSteps: 0,
  encoderLearningRate: undefined,
  encoderLayerDecay: undefined,
  weightDecay: 8e-4,
  decayBiases: true,
  maxGradientNorm: undefined,
  averageDecay: undefined,
  labelSmoothing: 0,
};

describe("a whole configuration", () => {
  test("the golden end-to-end one", () => {
    const file = "conf.txt";
    const data = { features: "./datasets/feature_files/", list: "./datasets/val.txt" };
    expect(readPaddleConfiguration(goldenBytes("end-to-end/conf.txt"), { file })).toEqual({
      model: {
        dropRate: 0.5,
        featureNames: ["rgb", "audio", "text"],
        textMaxLength: 16,
        featureSizes: { image: 12, audio: 9 },
        imageLstmSize: 7,
        audioLstmSize: 5,
        numClasses: 12,
        topN: [1, 2, 3, 5],
        classNameFile: "./datasets/class.txt",
        ernieFreeze: true,
        ernieFrozenDropout: false,
        poolMode: "text-guided",
        dropoutScaling: "inference",
        textCnnFilters: 256,
        absentModalities: "as-reference",
        rowSeconds: { image: undefined, audio: 0.96 },
      },
      train: {
        ...AS_THE_ORIGINAL,
        epochs: 3,
        learningRate: 0.0007,
        decayGamma: 0.2,
        decayEpochs: [5, 10, 15, 20],
        numSamples: 23,
        batchSize: 8,
        lossType: "sigmoid",
        modalDropRate: 0,
        ernieFolder: "model_pretrained/ernie_v1_params/",
        ...data,
        earlyStop: 15,
        seed: 0,
      },
      valid: { batchSize: 6, numSamples: 23, ...data },
      test: { batchSize: 6, numSamples: 23, ...data },
      infer: { batchSize: 7, threshold: 0.5, ...data },
    });
  });

  test("the published one", () => {
    const { model, train, valid, test: testing, infer } = read(published);
    expect(model).toMatchObject({ textMaxLength: 50, featureSizes: { image: 2048, audio: 128 }, imageLstmSize: 512 });
    expect(train).toMatchObject({ epochs: 30, numSamples: 70_000, list: "./datasets/train.txt", earlyStop: 15 });
    expect(valid).toMatchObject({ batchSize: 16, numSamples: 464 });
    expect(testing).toBeUndefined();
    expect(infer).toMatchObject({ batchSize: 64, threshold: 0.25 });
  });

  test("the least one: only sound, the defaults for the rest", () => {
    const text = `
[model]
drop_rate = 0
feature_names = ('audio',)
feature_dims = [[128]]
lstm_size_audio = 64
num_classes = 3
top_n = [1]
class_name_file = class.txt
lstm_pool_mode =
[train]
epoch = 1
batch_size = 2
loss_type = softmax
filelist = features
url_title_label_file = list.txt
`;
    const { model, train, valid, test: testing, infer } = read(text);
    expect(model).toEqual({
      dropRate: 0,
      featureNames: ["audio"],
      textMaxLength: undefined,
      featureSizes: { image: undefined, audio: 128 },
      imageLstmSize: undefined,
      audioLstmSize: 64,
      numClasses: 3,
      topN: [1],
      classNameFile: "class.txt",
      ernieFreeze: true,
      ernieFrozenDropout: false,
      poolMode: "self",
      dropoutScaling: "inference",
      textCnnFilters: 256,
      absentModalities: "as-reference",
      rowSeconds: { image: undefined, audio: 0.96 },
    });
    expect(train).toEqual({
      ...AS_THE_ORIGINAL,
      epochs: 1,
      learningRate: 1e-3,
      decayGamma: 0.1,
      decayEpochs: [5],
      numSamples: undefined,
      batchSize: 2,
      lossType: "softmax",
      modalDropRate: 0,
      ernieFolder: undefined,
      features: "features",
      list: "list.txt",
      earlyStop: 20,
      seed: 0,
    });
    expect([valid, testing, infer]).toEqual([undefined, undefined, undefined]);
  });
});

describe("single keys", () => {
  test("feature widths go by the order of the names", () => {
    const text = withLine("feature_names", "feature_names = ['text', 'audio', 'rgb']");
    const { model } = read(text.replace(/^feature_dims = .*$/m, "feature_dims = [[5, 50, 1], [7], [9]]"));
    expect(model.featureNames).toEqual(["text", "audio", "rgb"]);
    expect(model.featureSizes).toEqual({ image: 9, audio: 7 });
  });

  test("the length of the text comes from feature_dims when text_max_len is missing", () => {
    expect(read(withLine("text_max_len")).model.textMaxLength).toBe(50);
  });

  test.each([
    ["lstm_pool_mode = ''", "self"],
    ["lstm_pool_mode = None", "self"],
    ["lstm_pool_mode = 'other'", "self"],
    ["lstm_pool_mode = text_guide", "text-guided"],
  ])("%s", (line, expected) => {
    expect(read(withLine("lstm_pool_mode", line)).model.poolMode).toBe(expected);
  });

  test("keys of our own", () => {
    const text = withLine("drop_rate", "drop_rate = 0.5\ndropout_scaling = 'training'\ntext_cnn_filters = 64");
    expect(read(text).model).toMatchObject({ dropoutScaling: "training", textCnnFilters: 64 });
    const masked = read(withLine("drop_rate", 'drop_rate = 0.5\nabsent_modalities = "masked"'));
    expect(masked.model.absentModalities).toBe("masked");
    expect(read(withLine("epoch", "epoch = 30\nseed = 7")).train.seed).toBe(7);
    const timed = read(withLine("drop_rate", "drop_rate = 0.5\nimage_row_seconds = 0.25\naudio_row_seconds = 1"));
    expect(timed.model.rowSeconds).toEqual({ image: 0.25, audio: 1 });
  });

  test("keys of our own that say how to train", () => {
    const text = withLine("ernie_freeze", "ernie_freeze = False")
      .replace(/^decay_(gamma|epochs) = .*\n/gm, "")
      .replace(/^loss_type = .*$/m, 'loss_type = "focal"')
      .replace(
        "[TRAIN]",
        `[TRAIN]
optimizer = "sgd"
momentum = 0.5
schedule = "cosine"
warmup_steps = 100
encoder_learning_rate = 2e-5
encoder_layer_decay = 0.75
decay_biases = False
max_gradient_norm = 2
average_decay = 0.999
label_smoothing = 0.1`,
      );
    const ours = {
      optimizer: "sgd",
      momentum: 0.5,
      schedule: "cosine",
      warmupSteps: 100,
      encoderLearningRate: 2e-5,
      encoderLayerDecay: 0.75,
      decayBiases: false,
      maxGradientNorm: 2,
      averageDecay: 0.999,
      lossType: "focal",
      labelSmoothing: 0.1,
    };
    expect(read(text).train).toMatchObject({ ...ours, decayGamma: undefined, decayEpochs: undefined });
    expect(read(text.replace("momentum = 0.5\n", "")).train.momentum).toBe(0.9);
    expect(read(text.replace('"cosine"', '"linear"').replace('"focal"', '"asymmetric"')).train).toMatchObject({
      schedule: "linear",
      lossType: "asymmetric",
    });
  });

  test("weight decay by either name, or by both when they agree", () => {
    expect(read(withLine("l2_weight_decay", "weight_decay = 0.01")).train.weightDecay).toBe(0.01);
    expect(read(withLine("l2_weight_decay", "l2_weight_decay = 0.02")).train.weightDecay).toBe(0.02);
    expect(read(withLine("l2_weight_decay", "l2_weight_decay = 0.02\nweight_decay = 0.02")).train.weightDecay).toBe(
      0.02,
    );
    expect(message(withLine("l2_weight_decay", "l2_weight_decay = 0.02\nweight_decay = 0.03"))).toBe(
      "conf.txt, line 27: expected one weight decay. Got l2_weight_decay 0.02 and weight_decay 0.03.",
    );
  });

  test("use_gpu and num_gpus are passed over in any section", () => {
    expect(read(`${published}use_gpu = True\nnum_gpus = 'many'\n`).infer?.batchSize).toBe(64);
  });
});

describe("errors", () => {
  test.each([
    [
      "learning_rate",
      "learning_rte = 0.1",
      "line 24: unknown key learning_rte in [TRAIN]. Did you mean learning_rate?",
    ],
    ["epoch", "epcoh = 3", "line 23: unknown key epcoh in [TRAIN]. Did you mean epoch?"],
    ["num_classes", "num_clases = 3", "line 16: unknown key num_clases in [MODEL]. Did you mean num_classes?"],
    [
      "threshold",
      "zzzzzzzzzz = 3",
      "line 46: unknown key zzzzzzzzzz in [INFER]. Known are threshold, batch_size, filelist, url_title_label_file.",
    ],
    ["drop_rate", "drop_rate = 1.5", "line 6: drop_rate must be a number from 0 to 1, without 1. Got 1.5."],
    [
      "drop_rate",
      "drop_rate = '0.5'",
      'line 6: drop_rate must be a number from 0 to 1, without 1. Got the text "0.5".',
    ],
    [
      "drop_rate",
      "drop_rate = 1 / 2",
      'line 6: drop_rate must be a number from 0 to 1, without 1. Got the text "1 / 2".',
    ],
    ["drop_rate", "drop_rate = True", "line 6: drop_rate must be a number from 0 to 1, without 1. Got true."],
    [
      "drop_rate",
      "drop_rate = 0\nabsent_modalities = 'zeros'",
      'line 7: absent_modalities must be "as-reference" or "masked". Got the text "zeros".',
    ],
    ["num_classes", "num_classes = 0", "line 16: num_classes must be a whole number of at least 1. Got 0."],
    ["num_classes", "num_classes = 2.5", "line 16: num_classes must be a whole number of at least 1. Got 2.5."],
    ["num_classes", undefined, "section [MODEL]: expected the key num_classes. Got none."],
    ["ernie_freeze", "ernie_freeze = 1", "line 20: ernie_freeze must be True or False. Got 1."],
    [
      "ernie_freeze",
      undefined,
      "section [MODEL]: expected the key ernie_freeze, which the feature text needs. Got none.",
    ],
    [
      "lstm_size_img",
      undefined,
      "section [MODEL]: expected the key lstm_size_img, which the feature rgb needs. Got none.",
    ],
    ["lstm_pool_mode", "lstm_pool_mode = 3", "line 21: lstm_pool_mode must be 'text_guide' or an empty text. Got 3."],
    [
      "feature_names",
      "feature_names = ['rgb', 'rgb', 'text']",
      "line 8: feature_names must be a list of one or more of 'rgb', 'audio' and 'text', each at most once. Got [\"rgb\",\"rgb\",\"text\"].",
    ],
    [
      "feature_names",
      "feature_names = []",
      "line 8: feature_names must be a list of one or more of 'rgb', 'audio' and 'text', each at most once. Got [].",
    ],
    [
      "feature_names",
      "feature_names = ['rgb', 'audio']",
      "line 10: expected feature_dims for each of the 2 feature_names. Got 3.",
    ],
    [
      "feature_dims",
      "feature_dims = [[2048], [128, 1], [5, 50, 1]]",
      "line 10: expected [width] for audio in feature_dims. Got [128, 1].",
    ],
    [
      "feature_dims",
      "feature_dims = [[2048], [128], [5, 40, 1]]",
      "line 10: expected [5, 50, 1] for text in feature_dims. Got [5, 40, 1].",
    ],
    [
      "feature_dims",
      "feature_dims = [[2048], [128], [5, 50]]",
      "line 10: expected [5, 50, 1] for text in feature_dims. Got [5, 50].",
    ],
    [
      "feature_dims",
      "feature_dims = [2048, 128]",
      "line 10: feature_dims must be a list of lists of whole numbers, each at least 1. Got [2048,128].",
    ],
    ["top_n", "top_n = []", "line 17: top_n must be a list of at least one whole number, each at least 1. Got []."],
    ["top_n", "top_n = 5", "line 17: top_n must be a list of at least one whole number, each at least 1. Got 5."],
    ["class_name_file", "class_name_file =", 'line 19: class_name_file must be the name of a file. Got the text "".'],
    [
      "loss_type",
      "loss_type = 'mse'",
      'line 32: loss_type must be "sigmoid" or "softmax" or "focal" or "asymmetric". Got the text "mse".',
    ],
    ["epoch", "epoch = 3\noptimiser = 'sgd'", "line 24: unknown key optimiser in [TRAIN]. Did you mean optimizer?"],
    [
      "epoch",
      "epoch = 3\noptimizer = 'adam'",
      'line 24: optimizer must be "rmsprop" or "adamw" or "sgd". Got the text "adam".',
    ],
    ["epoch", "epoch = 3\nmomentum = 0.9", 'line 24: expected optimizer = "sgd" for the key momentum. Got rmsprop.'],
    [
      "epoch",
      "epoch = 3\nschedule = 'cosine'",
      'line 26: expected schedule = "piecewise" for the key decay_gamma. Got cosine.',
    ],
    [
      "epoch",
      "epoch = 3\nencoder_layer_decay = 0.9",
      "line 24: expected ernie_freeze = False for the key encoder_layer_decay. Got True.",
    ],
    [
      "epoch",
      "epoch = 3\nlabel_smoothing = 1",
      "line 24: label_smoothing must be a number from 0 to 1, without 1. Got 1.",
    ],
    ["epoch", "epoch = 3\naverage_decay = 1", "line 24: average_decay must be a number from 0 to 1, without 1. Got 1."],
    ["epoch", "epoch = 3\nmax_gradient_norm = 0", "line 24: max_gradient_norm must be a number greater than 0. Got 0."],
    ["epoch", "epoch = 3\nwarmup_steps = 0.5", "line 24: warmup_steps must be a whole number of at least 0. Got 0.5."],
    [
      "drop_rate",
      "drop_rate = 0\nimage_row_seconds = 0",
      "line 7: image_row_seconds must be a number of seconds above 0. Got 0.",
    ],
    ["learning_rate", "learning_rate = 0", "line 24: learning_rate must be a number greater than 0. Got 0."],
    ["learning_rate", "learning_rate = 1e400", "line 24: learning_rate must be a number greater than 0. Got Infinity."],
    [
      "decay_epochs",
      "decay_epochs = [10, 5]",
      "line 27: decay_epochs must be a list of whole numbers, each at least 1, ascending. Got [10,5].",
    ],
    [
      "ernie_pretrain_dict_path",
      undefined,
      "section [TRAIN]: expected the key ernie_pretrain_dict_path, which the feature text needs. Got none.",
    ],
    ["threshold", "threshold = -1", "line 46: threshold must be a number from 0 to 1. Got -1."],
  ])("%s: %s", (key, line, expected) => {
    expect(message(withLine(key, line))).toBe(`conf.txt, ${expected}`);
  });

  test("a rate for an encoder that is not there", () => {
    const text = withLine("feature_names", "feature_names = ['rgb', 'audio']")
      .replace(", [5, 50, 1]]", "]")
      .replace("lstm_pool_mode = 'text_guide'", "lstm_pool_mode = ''")
      .replace("[TRAIN]", "[TRAIN]\nencoder_learning_rate = 1e-5");
    expect(message(text)).toBe(
      "conf.txt, line 23: expected text in feature_names for the key encoder_learning_rate. Got none.",
    );
  });

  test("text-guided pooling without text", () => {
    const text = withLine("feature_names", "feature_names = ['rgb', 'audio']");
    expect(message(text.replace(", [5, 50, 1]]", "]"))).toBe(
      "conf.txt, line 21: expected text in feature_names for the lstm_pool_mode text_guide. Got none.",
    );
  });

  test.each([
    ["[MODLE]", "line 2: unknown section [MODLE]. Did you mean MODEL?"],
    ["[TESTING-AREA]", "line 2: unknown section [TESTING-AREA]. Known are MODEL, TRAIN, VALID, TEST, INFER."],
    ["[model]\n[MODEL]", "line 3: section [MODEL] came before, in line 2."],
    ["[TRAIN]", "expected a section [MODEL]. Got none."],
  ])("%j", (text, expected) => {
    expect(message(`\n${text}`)).toBe(expected.startsWith("line") ? `conf.txt, ${expected}` : `conf.txt: ${expected}`);
  });

  test("a section without which nothing runs", () => {
    expect(message(published.slice(0, published.indexOf("[TRAIN]")))).toBe(
      "conf.txt: expected a section [TRAIN]. Got none.",
    );
  });
});
