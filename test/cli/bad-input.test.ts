import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readCombined, writeCombined } from "../../src/paddle/combined-parameters.ts";
import { folderContent } from "../support/folder-content.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { inParallel } from "../support/in-parallel.ts";
import { PROGRAM, type ProgramResult } from "../support/program.ts";
import { whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

interface BadInput {
  /** What the user has got wrong. */
  readonly make: (folder: WorkingFolder) => unknown;
  /** `evaluate` of the golden checkpoint unless given. */
  readonly words?: readonly string[];
  /** All that the program says. */
  readonly says: string;
}

const EVALUATE = ["evaluate", "--config", "conf.txt", "--checkpoint", "checkpoints_save/param"];
const CONVERT = [...EVALUATE, "--save-inference-model", "inference"];
const PREDICT = ["predict", ...EVALUATE.slice(1), "--output", "out.json"];
const TRAIN = ["train", "--config", "conf.txt", "--output", "run"];
const MODEL =
  "image 12 -> 2 x 7 -> attention by text; audio 9 -> 2 x 5 -> attention by text; text ERNIE 2 x 24 -> text-cnn; 12 classes, sigmoid";
const FEATURES = "datasets/feature_files";
const ERNIE = "model_pretrained/ernie_v1_params";

/** Every width of the configuration's image, wrong. */
const wrongWidth = (folder: WorkingFolder) => folder.edit("conf.txt", "[[12], [9]", "[[11], [9]");

const removeFeatures = (folder: WorkingFolder) => {
  for (const name of readdirSync(folder.at(FEATURES))) rmSync(folder.at(FEATURES, name));
};

/** A file of a run, of which nothing is read. */
const writePart = (folder: WorkingFolder, file: string) => {
  mkdirSync(dirname(folder.at(file)), { recursive: true });
  folder.write(file, "{}");
};

/** The golden checkpoint with its tensors changed. */
const changeParam = (change: (tensors: ReturnType<typeof readCombined>) => ReturnType<typeof readCombined>) => {
  return (folder: WorkingFolder) => {
    const file = "checkpoints_save/param";
    folder.write(file, writeCombined(change(readCombined(readFileSync(folder.at(file)), { file }))));
  };
};

const noVideo = (problem: string) =>
  `./datasets/val.txt: it has no video that can be used. The first of 23 problems: line 1, https://v.example/vid_000.mp4: ${problem}`;
const allMissing = noVideo(`its feature file ${FEATURES}/vid_000.pkl does not exist.`);
const allWrong = noVideo(`${FEATURES}/vid_000.pkl, feature.image_pkl: expected rows of 11 values. Got 12.`);

const cases: Readonly<Record<string, BadInput>> = {
  "an unknown key in the configuration": {
    make: (folder) => folder.edit("conf.txt", "learning_rate", "learnig_rate"),
    says: "conf.txt, line 21: unknown key learnig_rate in [TRAIN]. Did you mean learning_rate?",
  },
  "an unknown section": {
    make: (folder) => folder.edit("conf.txt", "[VALID]", "[VALIDD]"),
    says: "conf.txt, line 35: unknown section [VALIDD]. Did you mean VALID?",
  },
  "a section that is missing": {
    make: (folder) => folder.edit("conf.txt", /\[INFER\].*/s, ""),
    words: PREDICT,
    says: "conf.txt: expected a section [INFER]. Got none.",
  },
  "a section for measuring that is missing, when a model was to be saved too": {
    make: (folder) => folder.edit("conf.txt", /\[VALID\].*/s, ""),
    words: CONVERT,
    says: "conf.txt: expected a section [VALID]. Got none.",
  },
  "a value of the wrong type": {
    make: (folder) => folder.edit("conf.txt", "batch_size = 6", "batch_size = six"),
    says: 'conf.txt, line 36: batch_size must be a whole number of at least 1. Got the text "six".',
  },
  "a dropout that leaves nothing": {
    make: (folder) => folder.edit("conf.txt", /drop_rate = .*/, "drop_rate = 1"),
    words: TRAIN,
    says: "conf.txt, line 3: drop_rate must be a number from 0 to 1, without 1. Got 1.",
  },
  "more filters than there is memory for": {
    make: (folder) => folder.edit("conf.txt", "[MODEL]", "[MODEL]\ntext_cnn_filters = 1000000000"),
    words: TRAIN,
    says: "MultimodalTagger: its 327000087518 parameters need 1.3 TB. The wasm backend has 4.3 GB.",
  },
  "more units than there is memory for": {
    make: (folder) => folder.edit("conf.txt", /lstm_size_img = .*/, "lstm_size_img = 12000"),
    words: [...TRAIN, "--backend", "wasm"],
    says: "MultimodalTagger: its 1748294896 parameters need 7.0 GB. The wasm backend has 4.3 GB.",
  },
  "a tagger with a number that no double holds": {
    make: async (folder) => {
      await folder.run(...CONVERT, "--save-only");
      folder.edit(
        "inference/tagger.json",
        '"threshold": 0.5',
        '"threshold": 0.5,\n  "calibration": { "kind": "temperature", "temperature": 1e999 }',
      );
    },
    words: ["predict", "--config", "conf.txt", "--checkpoint", "inference", "--output", "out.json"],
    says: "inference/tagger.json, line 94, column 58: expected a number of at most 1.8e308. Got 1e999.",
  },
  "backslashes in the configuration": {
    make: (folder) => folder.edit("conf.txt", /class_name_file = .*/, 'class_name_file = "D:\\new\\train.txt"'),
    says:
      'conf.txt, line 15: class_name_file must be the name of a file. Got the text "D:\\new\\train.txt". ' +
      "In a text a backslash begins an escape, as \\n: write / or two backslashes.",
  },
  "a folder whose name is composed otherwise": {
    make: (folder) => {
      folder.edit("conf.txt", /class_name_file = .*/, 'class_name_file = "caf\u00e9/class.txt"');
      mkdirSync(folder.at("cafe\u0301"));
      cpSync(folder.at("datasets/class.txt"), folder.at("cafe\u0301/class.txt"));
    },
    says:
      "caf\u00e9/class.txt: there is no such file or folder.\n" +
      "There is one that looks the same: only the Unicode normalization of its name differs (NFC, NFD).",
  },
  "a run in place of its best model": {
    make: async (folder) => {
      await folder.run(...EVALUATE, "--save-inference-model", "run/best", "--save-only");
    },
    words: [...EVALUATE.slice(0, -1), "run"],
    says: "run: expected a checkpoint. Got the folder of a run: give one of its models, run/best.",
  },
  "the state of a run in place of a model": {
    make: (folder) => {
      writePart(folder, "run/state/checkpoint.json");
      writePart(folder, "run/last/tagger.json");
    },
    words: [...EVALUATE.slice(0, -1), "run/state"],
    says:
      "run/state: expected a checkpoint. Got the state of a run: " +
      "go on with it by train --resume run, or give one of its models, run/last.",
  },
  "a configuration in place of a checkpoint": {
    make: () => {},
    words: [...EVALUATE.slice(0, -1), "conf.txt"],
    says:
      "conf.txt: expected a checkpoint. Got a configuration: " +
      "give it as --config, and as --checkpoint a tagger's folder or the original's param.",
  },
  "an array in place of a checkpoint": {
    make: (folder) => folder.write("x.npy", Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0)),
    words: [...EVALUATE.slice(0, -1), "x.npy"],
    says: "x.npy: expected parameters as Paddle saves them. Got an array saved by numpy.save (.npy).",
  },
  "a model of a run in place of the run": {
    make: (folder) => {
      writePart(folder, "run/run.json");
      writePart(folder, "run/best/tagger.json");
    },
    words: ["train", "--resume", "run/best"],
    says: "run/best: expected the folder of a run. Got a part of one: type --resume run.",
  },
  "the description of a run in place of the run": {
    make: (folder) => writePart(folder, "run/run.json"),
    words: ["train", "--resume", "run/run.json"],
    says: "run/run.json: expected the folder of a run. Got a part of one: type --resume run.",
  },
  "a model of a run among compared runs": {
    make: (folder) => {
      writePart(folder, "run/run.json");
      writePart(folder, "run/best/tagger.json");
    },
    words: ["compare", "run/best", "run"],
    says: "run/best: expected the folder of a run. Got a part of one: type run in its place.",
  },
  "parameters of Paddle 2": {
    make: (folder) => cpSync(folder.at("checkpoints_save/param"), folder.at("model.pdparams")),
    words: [...EVALUATE.slice(0, -1), "model.pdparams"],
    says: "model.pdparams: expected a checkpoint of Paddle's static graph (param, or model.pdiparams). Got another file of Paddle's.",
  },
  "an inspected configuration without its pretrained ERNIE": {
    make: (folder) => rmSync(folder.at(ERNIE), { recursive: true }),
    words: ["inspect", "conf.txt"],
    says: `${ERNIE}/ernie_config.json: there is no such file or folder.`,
  },
  "an inspected table with commas in place of tabs": {
    make: (folder) => folder.write("table.csv", "file,title,labels\na.mp4,my cat,cat\nb.mp4,my dog,dog\n"),
    words: ["inspect", "table.csv"],
    says: "table.csv: expected a label a line, or file name, title and labels, separated by tabs. Got commas.",
  },
  "inspected parameters of Paddle 2": {
    make: (folder) => folder.write("model.pdparams", Uint8Array.of(0x80, 2, 0x7d, 0x2e)),
    words: ["inspect", "model.pdparams"],
    says: "model.pdparams: expected a checkpoint of Paddle's static graph (param, or model.pdiparams). Got another file of Paddle's.",
  },
  "no configuration": {
    make: (folder) => rmSync(folder.at("conf.txt")),
    says: "conf.txt: there is no such file or folder.",
  },
  "another file as configuration": {
    make: () => {},
    words: ["evaluate", "--config", "checkpoints_save/param", "--checkpoint", "checkpoints_save"],
    says: "checkpoints_save/param, line 1: expected UTF-8 text. Got bytes that are not valid UTF-8.",
  },
  "a width in every file that is not the configuration's": {
    make: wrongWidth,
    words: TRAIN,
    says: allWrong,
  },
  "a width in every file that is not the configuration's, with a folder of ours": {
    make: async (folder) => {
      await folder.run(...CONVERT, "--save-only");
      for (const name of readdirSync(folder.at(FEATURES))) {
        cpSync(goldenPath("bad-features/wrong_width.pkl"), folder.at(FEATURES, name));
      }
    },
    words: ["predict", "--config", "conf.txt", "--checkpoint", "inference", "--output", "out.json"],
    says: noVideo(`${FEATURES}/vid_000.pkl, feature.image_pkl: expected rows of 12 values. Got 5.`),
  },
  "a width of the configuration that is not the checkpoint's": {
    make: wrongWidth,
    says:
      `checkpoints_save/param, tensor 32: expected the 67 parameters of this model: ${MODEL.replace("12 ->", "11 ->")}. ` +
      "The first that does not fit is fc_12.w_0: expected [11, 28]. Got [12, 28], of 67 tensors.",
  },
  "a class file with an index twice": {
    make: (folder) => folder.edit("datasets/class.txt", "影视\n音乐", "影视\t0\n音乐\t0"),
    says: "./datasets/class.txt, line 2: index 0 came before, in line 1.",
  },
  "a class file that leaves an index out": {
    make: (folder) => folder.edit("datasets/class.txt", "母婴", "母婴\t12"),
    says: './datasets/class.txt, line 12: expected an index from 0 to 11 for "母婴". Got "12".',
  },
  "a class file with a label twice": {
    make: (folder) => folder.edit("datasets/class.txt", "音乐", "影视"),
    says: './datasets/class.txt, line 2: label "影视" came before, in line 1.',
  },
  "a class file of another length": {
    make: (folder) => folder.edit("datasets/class.txt", "音乐\n", ""),
    says: "./datasets/class.txt: expected 12 labels, as num_classes in conf.txt says. Got 11.",
  },
  "a checkpoint of another model": {
    make: () => {},
    words: [...EVALUATE.slice(0, -1), goldenPath("models/text-guide-sigmoid-frozen/checkpoint/param")],
    says:
      `${goldenPath("models/text-guide-sigmoid-frozen/checkpoint/param")}, tensor 32: ` +
      `expected the 67 parameters of this model: ${MODEL}. ` +
      "The first that does not fit is fc_12.w_0: expected [12, 28]. Got [10, 20], of 67 tensors.",
  },
  "a checkpoint with too few tensors": {
    make: changeParam((tensors) => tensors.slice(0, 60)),
    says:
      `checkpoints_save/param, tensor 60: expected the 67 parameters of this model: ${MODEL}. ` +
      "The first that does not fit is sequence_conv_0.b_0: expected [256]. Got none, of 60 tensors.",
  },
  "a checkpoint with too many tensors, to go on from": {
    make: changeParam((tensors) => [...tensors, ...tensors.slice(0, 1)]),
    words: [...TRAIN, "--checkpoint", "checkpoints_save"],
    says:
      `checkpoints_save/param, tensor 67: expected the 67 parameters of this model: ${MODEL}. ` +
      "Got 68; the first too many is [96].",
  },
  "a checkpoint that has diverged": {
    make: changeParam(([first, ...tensors]) => {
      const data = new Float32Array(96).fill(Number.NaN);
      return [{ ...first, dtype: "float32", shape: [96], data }, ...tensors];
    }),
    words: PREDICT,
    says: "checkpoints_save/param, encoder_layer_0_ffn_fc_0.b_0: expected finite values. Got NaN as value 0.",
  },
  "a checkpoint that was cut short": {
    make: (folder) => {
      const bytes = readFileSync(folder.at("checkpoints_save/param"));
      folder.write("checkpoints_save/param", bytes.subarray(0, bytes.length - 1));
    },
    words: CONVERT,
    says:
      "checkpoints_save/param, byte 410800: expected 275808 bytes of values for the float32 tensor of shape " +
      "(2873, 24). Got 275807: the file ends there.",
  },
  "a folder without a checkpoint": {
    make: () => {},
    words: [...EVALUATE.slice(0, -1), "datasets"],
    says:
      `datasets: expected the 67 parameters of this model: ${MODEL}. ` +
      "The first that does not fit is word_embedding: expected [2873, 24]. Got no file of this name.",
  },
  "no checkpoint": {
    make: (folder) => rmSync(folder.at("checkpoints_save"), { recursive: true }),
    words: PREDICT,
    says: "checkpoints_save/param: there is no such file or folder.",
  },
  "an empty list": {
    make: (folder) => folder.write("datasets/val.txt", "\n"),
    says: "./datasets/val.txt: expected a video a line. Got none.",
  },
  "an empty list to train on": {
    make: (folder) => folder.write("datasets/val.txt", ""),
    words: TRAIN,
    says: "./datasets/val.txt: expected a video a line. Got none.",
  },
  "a list with a line of too many fields": {
    make: (folder) => folder.edit("datasets/val.txt", "\n", "\tmore\n"),
    says: "./datasets/val.txt, line 1: expected file name, title and labels, separated by tabs. Got 4 fields.",
  },
  "no list": {
    make: (folder) => rmSync(folder.at("datasets/val.txt")),
    words: PREDICT,
    says: "./datasets/val.txt: there is no such file or folder.",
  },
  "a list whose videos are all missing": { make: removeFeatures, says: allMissing },
  "a list to predict whose videos are all missing": { make: removeFeatures, words: PREDICT, says: allMissing },
  "a list to train on whose videos are all missing": { make: removeFeatures, words: TRAIN, says: allMissing },
  "no folder of features": {
    make: (folder) => rmSync(folder.at(FEATURES), { recursive: true }),
    says: `./${FEATURES}/: there is no such file or folder.`,
  },
  "a vocabulary without [CLS]": {
    make: (folder) => folder.edit(`${ERNIE}/vocab.txt`, "[CLS]", "[CLASS]"),
    says: `${ERNIE}/vocab.txt: it has no [CLS] token.`,
  },
  "no pretrained ERNIE": {
    make: (folder) => rmSync(folder.at(ERNIE), { recursive: true }),
    words: TRAIN,
    says: `${ERNIE}/ernie_config.json: there is no such file or folder.`,
  },
  "an ERNIE that lacks a parameter": {
    make: (folder) => rmSync(folder.at(ERNIE, "pos_embedding")),
    words: TRAIN,
    says:
      `${ERNIE}/: expected the 37 parameters of this model: ERNIE 2 x 24. ` +
      "The first that does not fit is pos_embedding: expected [64, 24]. Got no file of this name.",
  },
  "titles longer than ERNIE takes": {
    make: (folder) =>
      folder.edit("conf.txt", /text_max_len = 16\nfeature_dims = (.*)16/, "text_max_len = 65\nfeature_dims = $165"),
    says: `${ERNIE}/ernie_config.json: Titles may have 64 tokens at most with this encoder. Got 65.`,
  },
  "a file where the folder of the run was to be": {
    make: () => {},
    words: [...TRAIN.slice(0, -1), "conf.txt"],
    says: "conf.txt/run.json: a part of this path is a file, not a folder.",
  },
  "a file to be written in a folder that is not there": {
    make: () => {},
    words: [...PREDICT.slice(0, -1), "不存在/out.json"],
    says: "不存在: there is no such file or folder.",
  },
  "a folder where a file was to be": {
    make: () => {},
    words: [...PREDICT.slice(0, -1), "datasets"],
    says: "datasets: expected a file. Got a folder.",
  },
  "a file where the inference model was to be": {
    make: () => {},
    words: [...EVALUATE, "--save-only", "--save-inference-model", "conf.txt"],
    says: "conf.txt: something else has this name already.",
  },
  "a demo in a folder with other files": {
    make: () => {},
    words: ["demo", "--output", "."],
    says: ".: it holds what no demo made, such as checkpoints_save. Choose another folder.",
  },
  "a demo where a file is": {
    make: () => {},
    words: ["demo", "--output", "conf.txt"],
    says: "conf.txt: a part of this path is a file, not a folder.",
  },
};

/** What became of a working folder with bad input. */
interface Outcome {
  readonly result: ProgramResult;
  readonly before: Record<string, string>;
  readonly after: Record<string, string>;
}

const outcomes = new Map<string, Outcome>();
const whenOver = whenSuiteIsOver();
beforeAll(async () => {
  await inParallel(Object.entries(cases), async ([name, { make, words }]) => {
    const folder = new WorkingFolder(whenOver);
    await make(folder);
    const before = folderContent(folder.path);
    const result = await folder.run(...(words ?? EVALUATE));
    outcomes.set(name, { result, before, after: folderContent(folder.path) });
  });
}, 300_000); // a run of the program each, on a machine that may be busy

test.each(Object.entries(cases))("%s: a sentence, exit code 1, nothing written", (name, { says }) => {
  const { result, before, after } = outcomes.get(name) as Outcome;
  expect(result).toEqual({ code: 1, stdout: "", stderr: `${says}\n` });
  expect(after).toEqual(before);
});

test.runIf(process.platform === "linux")("a process that may have little memory: a sentence", async () => {
  const folder = new WorkingFolder();
  const words = [process.execPath, PROGRAM, ...EVALUATE].map((word) => `'${word}'`).join(" ");
  const { status, stderr } = spawnSync("sh", ["-c", `ulimit -v 4000000; ${words}`], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^There is not enough memory: .*\.\n$/),
  });
});
