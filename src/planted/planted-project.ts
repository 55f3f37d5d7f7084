import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RandomStream } from "../core/random-stream.ts";
import { writeFeatureFile } from "../formats/pickle/feature-file-writer.ts";
import { saveErnieFolder } from "../project/paddle-checkpoint.ts";
import { plantedEncoder, plantedVocabulary, TITLE_LENGTH } from "./planted-encoder.ts";
import { AUDIO_SIZE, DEMO_SETTING, IMAGE_SIZE, LABELS, PlantedWorld, type RowKind } from "./planted-world.ts";

export interface PlantedProjectOptions {
  readonly folder: string;
  readonly worldSeed: number;
  readonly trainVideos: number;
  readonly validVideos: number;
  readonly epochs: number;
}

/** Which rows of a video show what, by the name of the video: what the original's files do not tell. */
export type PlantedSegments = Readonly<
  Record<string, { readonly image: readonly RowKind[]; readonly audio: readonly RowKind[] }>
>;

/** The two attentions that the demo compares, and their configurations' file names. */
export const CONFIGURATIONS = { self: "conf-self.txt", "text-guided": "conf-text-guided.txt" } as const;

const DATASETS = "datasets";
const PRETRAINED = "model_pretrained";

/** What writePlantedProject makes beside the configurations. */
export const PROJECT_FOLDERS: readonly string[] = [DATASETS, PRETRAINED];

/** Where PlantedSegments are written, in JSON. */
export const SEGMENTS_FILE: string = join(DATASETS, "segments.json");

/**
 * Writes a planted world as a working folder of the original: lists, classes, pickled features, a pretrained ERNIE and
 * a configuration for each kind of attention.
 */
export async function writePlantedProject(options: PlantedProjectOptions): Promise<void> {
  const { folder, worldSeed, trainVideos, validVideos } = options;
  const features = join(folder, DATASETS, "feature_files");
  await mkdir(features, { recursive: true });
  // First, as they are what the folder of a demo is known by.
  for (const [pooling, name] of Object.entries(CONFIGURATIONS)) {
    await writeFile(join(folder, name), configuration(options, pooling === "text-guided" ? "text_guide" : ""));
  }
  await writeFile(join(folder, DATASETS, "class.txt"), `${LABELS.join("\n")}\n`);
  const world = new PlantedWorld(worldSeed);
  const segments: Record<string, { image: readonly RowKind[]; audio: readonly RowKind[] }> = {};
  for (const [part, videos, seed] of [
    ["train", trainVideos, worldSeed * 100 + 1],
    ["val", validVideos, worldSeed * 100 + 2],
  ] as const) {
    const random = new RandomStream(seed);
    const lines: string[] = [];
    for (let index = 0; index < videos; index++) {
      const name = `${part}_${String(index).padStart(4, "0")}`;
      const { title, classes, image, audio, imageRows, audioRows } = world.drawVideo(random);
      const video = `${name}.mp4`;
      await writeFile(join(features, `${name}.pkl`), writeFeatureFile({ video, image, audio }));
      lines.push(`https://videos.example/${video}\t${title}\t${classes.map((label) => LABELS[label]).join(",")}`);
      segments[video] = { image: imageRows, audio: audioRows };
    }
    await writeFile(join(folder, DATASETS, `${part}.txt`), `${lines.join("\n")}\n`);
  }
  await writeFile(join(folder, SEGMENTS_FILE), JSON.stringify(segments));
  await writeErnie(join(folder, PRETRAINED, "ernie"), worldSeed);
}

async function writeErnie(folder: string, worldSeed: number): Promise<void> {
  const encoder = await plantedEncoder(worldSeed, DEMO_SETTING);
  const { config } = encoder;
  await saveErnieFolder(encoder, folder);
  encoder.dispose();
  await writeFile(
    join(folder, "vocab.txt"),
    plantedVocabulary(DEMO_SETTING)
      .map((token, id) => `${token}\t${id}\n`)
      .join(""),
  );
  const json = {
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.sentenceTypes,
    hidden_act: config.activation,
    hidden_dropout_prob: config.hiddenDropout,
    attention_probs_dropout_prob: config.attentionDropout,
    initializer_range: config.initializerRange,
  };
  await writeFile(join(folder, "ernie_config.json"), `${JSON.stringify(json, null, 2)}\n`);
}

function configuration({ folder, trainVideos, epochs }: PlantedProjectOptions, poolMode: string): string {
  const path = (...parts: string[]): string => JSON.stringify(join(folder, ...parts)).replaceAll("%", "%%");
  const data = (list: string): string =>
    `filelist = ${path(DATASETS, "feature_files")}\nurl_title_label_file = ${path(DATASETS, list)}`;
  return `[MODEL]
drop_rate = 0.2
image_row_seconds = 0.5
feature_names = ['rgb', 'audio', 'text']
text_max_len = ${TITLE_LENGTH}
feature_dims = [[${IMAGE_SIZE}], [${AUDIO_SIZE}], [5, ${TITLE_LENGTH}, 1]]
lstm_size_img = 24
lstm_size_audio = 16
text_cnn_filters = 24
num_classes = ${LABELS.length}
top_n = [1, 2, 3, 5]
class_name_file = ${path(DATASETS, "class.txt")}
ernie_freeze = True
lstm_pool_mode = '${poolMode}'

[TRAIN]
epoch = ${epochs}
learning_rate = 7e-3
decay_gamma = 0.2
decay_epochs = [8, 10]
l2_weight_decay = 1e-5
num_samples = ${trainVideos}
batch_size = 32
loss_type = "sigmoid"
ernie_pretrain_dict_path = ${path(PRETRAINED, "ernie")}
${data("train.txt")}

[VALID]
batch_size = 32
${data("val.txt")}

[INFER]
batch_size = 32
threshold = 0.5
${data("val.txt")}
`;
}
