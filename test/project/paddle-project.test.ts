import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { MismatchError } from "../../src/core/errors.ts";
import { readState } from "../../src/core/state.ts";
import { FormatError } from "../../src/formats/format-error.ts";
import { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { useBackend } from "../../src/node/backend.ts";
import { saveTagger } from "../../src/node/tagger-folder.ts";
import { loadErnieFolder } from "../../src/project/paddle-checkpoint.ts";
import { PaddleProject } from "../../src/project/paddle-project.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { encoderOf } from "../support/small-tagger.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const ERNIE = "model_pretrained/ernie_v1_params";
const MODEL =
  "image 12 -> 2 x 8 -> attention by text; audio 9 -> 2 x 5 -> attention by text; text ERNIE 2 x 24 -> text-cnn; 12 classes, sigmoid";

beforeAll(() => useBackend("cpu"));

/** A working folder that this process can use, with a line of its configuration changed. */
function workingFolder(...changes: readonly (readonly [from: string | RegExp, to: string])[]): WorkingFolder {
  const folder = new WorkingFolder();
  folder.makePathsAbsolute();
  for (const [from, to] of changes) folder.edit("conf.txt", from, to);
  return folder;
}

function open(folder: WorkingFolder): Promise<PaddleProject> {
  return PaddleProject.open(folder.at("conf.txt"));
}

/** What work on a tagger gives, which is disposed of afterwards. */
async function using<Result>(
  tagger: Promise<VideoTagger>,
  work: (tagger: VideoTagger) => Promise<Result>,
): Promise<Result> {
  const made = await tagger;
  try {
    return await work(made);
  } finally {
    made.dispose();
  }
}

const parametersOf = (tagger: Promise<VideoTagger>) => using(tagger, ({ model }) => readState(model));

/** The message of work that must fail, with tensors counted before and after. */
async function messageOf(work: () => Promise<unknown>, folder: WorkingFolder): Promise<string> {
  const before = tf.memory().numTensors;
  const error = await work().catch((thrown: unknown) => thrown);
  if (!(error instanceof FormatError || error instanceof MismatchError)) throw error;
  expect(tf.memory().numTensors, "tensors after a failure").toBe(before);
  return error.message.replaceAll(`${folder.path}/`, "");
}

describe("a project of the original", () => {
  test("has the labels of its class file, and datasets with them but for inference", async () => {
    const project = await open(workingFolder());
    expect(project.labels).toHaveLength(12);
    expect(project.labels[6]).toBe("宠物");
    const classes: (readonly number[])[] = [];
    for (const section of ["valid", "infer"] as const) {
      for await (const sample of (await project.openDataset(section)).samples()) {
        if (sample.line === 2) classes.push(sample.classes);
      }
    }
    expect(classes).toEqual([[6], []]);
  });

  test("with another number of labels than classes is refused", async () => {
    const folder = workingFolder([/num_classes = 12/, "num_classes = 11"]);
    expect(await messageOf(() => open(folder), folder)).toBe(
      "datasets/class.txt: expected 11 labels, as num_classes in conf.txt says. Got 12.",
    );
  });

  test("names the section that is missing", async () => {
    const folder = workingFolder([/\[INFER\].*/s, ""]);
    const project = await open(folder);
    expect(await messageOf(() => project.openDataset("infer"), folder)).toBe(
      "conf.txt: expected a section [INFER]. Got none.",
    );
  });
});

describe("createTagger", () => {
  test("starts from ERNIE's pretrained parameters and seeded ones", async () => {
    const folder = workingFolder();
    const project = await open(folder);
    const first = await parametersOf(project.createTagger());
    expect(await parametersOf(project.createTagger())).toEqual(first);
    folder.edit("conf.txt", "[TRAIN]", "[TRAIN]\nseed = 7");
    const other = await parametersOf((await open(folder)).createTagger());
    const encoder = await using((await open(folder)).createTagger(), async ({ model }) => {
      const pretrained = new ErnieEncoder(encoderOf(model.config), null);
      await loadErnieFolder(pretrained, folder.at(ERNIE));
      const state = await readState(pretrained);
      pretrained.dispose();
      return state;
    });
    for (const [path, { data }] of encoder) {
      expect(first.get(`towers.text.encoder.${path}`)?.data, path).toEqual(data);
      expect(other.get(`towers.text.encoder.${path}`)?.data, path).toEqual(data);
    }
    for (const path of [
      "head.kernel",
      "towers.image.recurrence.forwards.recurrentKernel",
      "towers.text.pooling.convolutions.0.kernel",
    ]) {
      expect(other.get(path)?.data, path).not.toEqual(first.get(path)?.data);
    }
  });

  test("makes the model that the configuration says", async () => {
    const folder = workingFolder(
      [/loss_type = "sigmoid"/, 'loss_type = "softmax"'],
      [
        /ernie_freeze = True/,
        "ernie_freeze = False\ntext_cnn_filters = 5\ndropout_scaling = 'training'\nabsent_modalities = 'masked'",
      ],
      [/'text_guide'/, "''"],
      [/threshold = 0.5/, "threshold = 0.125"],
    );
    await using((await open(folder)).createTagger(), async ({ model, threshold, config }) => {
      expect(model.config).toMatchObject({
        modalities: {
          image: {
            input: { size: 12 },
            recurrence: { units: 7 },
            pooling: { kind: "attention" },
            whenAbsent: "masked",
          },
          audio: { input: { size: 9 }, recurrence: { units: 5 }, pooling: { kind: "attention" }, whenAbsent: "masked" },
          text: {
            input: { training: "fine-tuned", encoder: { vocabularySize: 2873 } },
            pooling: { kind: "text-cnn", filters: 5, windows: [2, 3, 4] },
            whenAbsent: "masked",
          },
        },
        numClasses: 12,
        head: "softmax",
        dropout: { rate: 0.5, scaling: "training" },
      });
      expect(model.config.modalities["image"]?.guidedBy).toBe(undefined);
      expect(threshold).toBe(0.125);
      expect(config.texts?.["text"]?.maxLength).toBe(16);
    });
  });

  test("of a checkpoint takes its parameters, and everything else from the configuration", async () => {
    const folder = workingFolder();
    const project = await open(folder);
    const param = folder.at("checkpoints_save/param");
    const parameters = await parametersOf(project.createTagger(param));
    await using(project.loadTagger(param), (tagger) => saveTagger(tagger, folder.at("ours")));
    folder.edit("conf.txt", "ernie_freeze = True", "ernie_freeze = False");
    folder.edit("conf.txt", "drop_rate = 0.5", "drop_rate = 0.25");
    const changed = await open(folder);
    for (const checkpoint of [param, folder.at("checkpoints_save"), folder.at("ours")]) {
      await using(changed.createTagger(checkpoint), async ({ model }) => {
        expect(await readState(model)).toEqual(parameters);
        expect(model.config).toMatchObject({
          dropout: { rate: 0.25 },
          modalities: { text: { input: { training: "fine-tuned" } } },
        });
      });
    }
    await using(changed.loadTagger(folder.at("ours")), async ({ model }) => {
      expect(await readState(model)).toEqual(parameters);
      expect(model.config).toMatchObject({
        dropout: { rate: 0.5 },
        modalities: { text: { input: { training: "frozen" } } },
      });
    });
  });

  test("of a checkpoint with other sizes names the first parameter that does not fit, and the model", async () => {
    const folder = workingFolder();
    await using((await open(folder)).createTagger(), (tagger) => saveTagger(tagger, folder.at("ours")));
    folder.edit("conf.txt", "lstm_size_img = 7", "lstm_size_img = 8");
    const project = await open(folder);
    expect(await messageOf(() => project.createTagger(folder.at("checkpoints_save/param")), folder)).toBe(
      `checkpoints_save/param, tensor 32: expected the 67 parameters of this model: ${MODEL}. ` +
        "The first that does not fit is fc_12.w_0: expected [12, 32]. Got [12, 28], of 67 tensors.",
    );
    const message = await messageOf(() => project.createTagger(folder.at("ours")), folder);
    expect(message.replace(folder.at("ours"), "ours")).toMatch(
      `ours: expected the parameters of this model: ${MODEL}. Parameter towers.image.recurrence.forwards.`,
    );
  });

  test("of a folder of ours with other labels is refused, whoever asks", async () => {
    const folder = workingFolder();
    await using((await open(folder)).createTagger(), (tagger) => saveTagger(tagger, folder.at("ours")));
    folder.edit("datasets/class.txt", "影视", "影\u200b视");
    const project = await open(folder);
    for (const load of [() => project.createTagger(folder.at("ours")), () => project.loadTagger(folder.at("ours"))]) {
      expect(await messageOf(load, folder)).toBe(
        'ours: label 0 must be "影\\u{200b}视", as datasets/class.txt says. Got "影视".',
      );
    }
    folder.edit("datasets/class.txt", "影\u200b视\n", "");
    folder.edit("conf.txt", "num_classes = 12", "num_classes = 11");
    const smaller = await open(folder);
    expect(await messageOf(() => smaller.loadTagger(folder.at("ours")), folder)).toBe(
      "ours: expected 11 labels, as datasets/class.txt has. Got 12.",
    );
  });

  test("says what is wrong with titles: vocabulary, its size, their length", async () => {
    const folder = workingFolder();
    const create = async () => (await open(folder)).createTagger();
    folder.edit("conf.txt", "text_max_len = 16", "text_max_len = 100");
    folder.edit("conf.txt", "[5, 16, 1]", "[5, 100, 1]");
    expect(await messageOf(create, folder)).toBe(
      `${ERNIE}/ernie_config.json: Titles may have 64 tokens at most with this encoder. Got 100.`,
    );
    folder.edit(join(ERNIE, "vocab.txt"), /$/, "一个新词\n");
    expect(await messageOf(create, folder)).toBe(
      `${ERNIE}/ernie_config.json: The vocabulary must have ids below 2873, the rows of the word embedding. Got 2873.`,
    );
    folder.edit(join(ERNIE, "vocab.txt"), "[CLS]", "[CSL]");
    expect(await messageOf(create, folder)).toBe(`${ERNIE}/vocab.txt: it has no [CLS] token.`);
    folder.edit(join(ERNIE, "ernie_config.json"), '"hidden_size": 24', '"hidden_size": 25');
    expect(await messageOf(create, folder)).toBe(
      `${ERNIE}/ernie_config.json: expected a hidden_size that the 4 heads divide. Got 25.`,
    );
  });
});

describe("trainOptions", () => {
  test("are the configuration's", async () => {
    const folder = workingFolder(
      [/early_stop = 15/, "early_stop = 4\nseed = 11"],
      ["modal_drop_rate = 0.0", "modal_drop_rate = 0.25"],
    );
    const project = await open(folder);
    await using(project.emptyTagger(), async (tagger) => {
      expect(project.trainOptions(tagger, { listSize: 23 })).toMatchObject({
        tagger,
        epochs: 3,
        batchSize: 8,
        validBatchSize: 6,
        topN: [1, 2, 3, 5],
        earlyStop: 4,
        modalityDropRate: 0.25,
        seed: 11,
      });
      expect(project.trainOptions(tagger, { listSize: 23, epochs: 5 }).epochs).toBe(5);
    });
  });

  test("lower the learning rate after as many steps as num_samples make, else as the list has", async () => {
    const folder = workingFolder();
    const scheduleFor = async (listSize: number) => {
      const project = await open(folder);
      return using(project.emptyTagger(), async (tagger) => project.trainOptions(tagger, { listSize }).schedule);
    };
    // 23 videos in batches of 8 are 2.875 steps an epoch; it falls after 5 of them: with step 15, from 0.
    expect([14, 15].map(await scheduleFor(1000))).toEqual([0.0007, 0.0007 * 0.2]);
    folder.edit("conf.txt", /num_samples = 23\nbatch_size = 8/, "batch_size = 8");
    expect([49, 50, 100].map(await scheduleFor(80))).toEqual([0.0007, 0.0007 * 0.2, 0.0007 * 0.2 ** 2]);
  });

  test("decay every parameter but the one bias that the original excepts", async () => {
    const folder = workingFolder();
    const project = await open(folder);
    // The golden checkpoint has no parameter that is zero.
    await using(project.createTagger(folder.at("checkpoints_save")), async (tagger) => {
      const { model } = tagger;
      const { optimizer } = project.trainOptions(tagger, { listSize: 23 });
      const parameters = model.parameters();
      const before = await readState(model);
      const state = optimizer.init(parameters);
      const zeros = new Map([...parameters].map(([path, variable]) => [path, tf.zerosLike(variable)]));
      optimizer.update(parameters, zeros, state, 1);
      const after = await readState(model);
      const unchanged = [...before].filter(([path, { data }]) => data.every((v, i) => v === after.get(path)?.data[i]));
      expect(unchanged.map(([path]) => path)).toEqual(["towers.audio.recurrence.forwards.input.bias"]);
      tf.dispose([...state.values(), ...zeros.values()]);
    });
  });
});
