import { join } from "node:path";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import type { InitialValues } from "../core/initializers.ts";
import { RandomStream } from "../core/random-stream.ts";
import type { VideoDataset } from "../data/video-dataset.ts";
import { readClassFile } from "../formats/class-file.ts";
import { readErnieConfiguration } from "../formats/ernie-configuration.ts";
import { FormatError } from "../formats/format-error.ts";
import { type ReferenceConfiguration, readReferenceConfiguration } from "../formats/reference-configuration.ts";
import type { TextPreprocessing } from "../inference/tagger-inputs.ts";
import { VideoTagger } from "../inference/video-tagger.ts";
import { MultimodalTagger, type MultimodalTaggerConfig, type TextModalityConfig } from "../models/multimodal-tagger.ts";
import { rmsProp } from "../training/rms-prop.ts";
import { piecewiseDecay } from "../training/schedules.ts";
import type { TrainOptions } from "../training/train.ts";
import { readBytes } from "./files.ts";
import { openDataset } from "./open-dataset.ts";
import { loadErnieFolder, loadReferenceCheckpoint, resolveCheckpoint } from "./reference-checkpoint.ts";
import { loadTagger } from "./tagger-folder.ts";

/** The original's names for the parts of a project that have data of their own. */
export type ProjectSection = "train" | "valid" | "test" | "infer";

/**
 * A working folder of the original system, as its configuration describes it: model, labels, pretrained ERNIE, lists
 * and features. Paths in the configuration are relative to the process's working folder, as in the original.
 */
export class ReferenceProject {
  readonly configuration: ReferenceConfiguration;
  /** The configuration's path, for messages. */
  readonly file: string;
  /** In class order. */
  readonly labels: readonly string[];

  private constructor(configuration: ReferenceConfiguration, file: string, labels: readonly string[]) {
    this.configuration = configuration;
    this.file = file;
    this.labels = labels;
  }

  /** @throws FormatError or FileError for a configuration or class file that cannot be used */
  static async open(file: string): Promise<ReferenceProject> {
    const configuration = readReferenceConfiguration(await readBytes(file), { file });
    const { classNameFile, numClasses } = configuration.model;
    const labels = readClassFile(await readBytes(classNameFile), { file: classNameFile });
    if (labels.length !== numClasses) {
      const problem = `expected ${numClasses} labels, as num_classes in ${file} says. Got ${labels.length}.`;
      throw new FormatError(classNameFile, undefined, problem);
    }
    return new ReferenceProject(configuration, file, labels);
  }

  /**
   * The data of a section, with true labels but for `infer`.
   *
   * @throws FormatError when the configuration has no such section or the list cannot be used
   */
  async openDataset(section: ProjectSection): Promise<VideoDataset> {
    const { list, features } = this.section(section);
    return openDataset({ list, features, ...(section !== "infer" && { labels: this.labels }) });
  }

  /** A section of the configuration that a command cannot do without. */
  section<Name extends ProjectSection>(name: Name): NonNullable<ReferenceConfiguration[Name]> {
    const section = this.configuration[name];
    if (section === undefined) {
      throw new FormatError(this.file, undefined, `expected a section [${name.toUpperCase()}]. Got none.`);
    }
    return section;
  }

  /** A tagger as training starts with it: seeded parameters, and ERNIE's pretrained ones. */
  async createTagger(): Promise<VideoTagger> {
    const tagger = await this.#newTagger(new RandomStream(this.configuration.train.seed).fork("parameters"));
    const { text } = tagger.model;
    if (text !== undefined) await disposeOnFailure(tagger, () => loadErnieFolder(text.encoder, this.#ernieFolder()));
    return tagger;
  }

  /**
   * A tagger with the parameters of a checkpoint: a folder of saveTagger, or the original's `param` file or folder.
   *
   * @throws FormatError or StateError that names the first parameter that does not fit; FormatError when a folder of
   *   ours has other labels than this project
   */
  async loadTagger(path: string): Promise<VideoTagger> {
    const checkpoint = await resolveCheckpoint(path);
    if (checkpoint.kind === "tagger") {
      const tagger = await loadTagger(checkpoint.folder);
      return disposeOnFailure(tagger, async () => this.#expectSameLabels(tagger, path));
    }
    const tagger = await this.#newTagger(null);
    return disposeOnFailure(tagger, () => loadReferenceCheckpoint(tagger.model, checkpoint));
  }

  /**
   * How the configuration trains. The learning rate falls after so many steps as num_samples and batch_size make in an
   * epoch, as in the original; without num_samples the list's own size counts.
   */
  trainOptions({ listSize }: { readonly listSize: number }): Omit<TrainOptions, "tagger" | "train" | "valid"> {
    const { train, valid, model } = this.configuration;
    const stepsAnEpoch = (train.numSamples ?? listSize) / train.batchSize;
    return {
      epochs: train.epochs,
      batchSize: train.batchSize,
      validBatchSize: valid?.batchSize ?? train.batchSize,
      topN: model.topN,
      earlyStop: train.earlyStop,
      modalityDropRate: train.modalDropRate,
      seed: train.seed,
      optimizer: rmsProp({
        rho: 0.95,
        epsilon: 1e-6,
        weightDecay: (path) => (path === UNDECAYED ? 0 : train.weightDecay),
      }),
      schedule: piecewiseDecay({
        learningRate: train.learningRate,
        gamma: train.decayGamma,
        boundaries: train.decayEpochs.map((epoch) => epoch * stepsAnEpoch),
      }),
    };
  }

  async #newTagger(random: InitialValues): Promise<VideoTagger> {
    const { model, infer } = this.configuration;
    const { image, audio } = model.featureSizes;
    const text = model.textMaxLength === undefined ? undefined : await this.#textParts(model.textMaxLength);
    const config = {
      ...(image && { image: { featureSize: image, units: model.imageLstmSize } }),
      ...(audio && { audio: { featureSize: audio, units: model.audioLstmSize } }),
      ...(text && { text: text.config }),
      pooling: model.poolMode,
      numClasses: model.numClasses,
      head: this.configuration.train.lossType,
      dropoutRate: model.dropRate,
      dropoutScaling: model.dropoutScaling,
    } as MultimodalTaggerConfig;
    return new VideoTagger({
      model: new MultimodalTagger(config, random),
      labels: this.labels,
      text: text?.preprocessing,
      ...(infer && { threshold: infer.threshold }),
    });
  }

  async #textParts(
    maxLength: number,
  ): Promise<{ readonly config: TextModalityConfig; readonly preprocessing: TextPreprocessing }> {
    const folder = this.#ernieFolder();
    const file = join(folder, "ernie_config.json");
    const encoder = readErnieConfiguration(await readBytes(file), { file });
    const vocabularyFile = join(folder, "vocab.txt");
    const bytes = await readBytes(vocabularyFile);
    const tokenizer = await ErnieTokenizer.fromVocabulary(bytes).catch((error: Error) => {
      throw new FormatError(vocabularyFile, undefined, error.message);
    });
    const { ernieFreeze, ernieFrozenDropout, textCnnFilters } = this.configuration.model;
    const whenFrozen = ernieFrozenDropout ? "frozen-with-dropout" : "frozen";
    return {
      config: {
        encoder,
        encoderTraining: ernieFreeze ? whenFrozen : "fine-tuned",
        filters: textCnnFilters,
        windows: [2, 3, 4],
      },
      preprocessing: { tokenizer, vocabulary: new TextDecoder().decode(bytes), maxLength },
    };
  }

  #ernieFolder(): string {
    return this.configuration.train.ernieFolder as string;
  }

  #expectSameLabels(tagger: VideoTagger, path: string): void {
    const index = this.labels.findIndex((label, position) => tagger.labels[position] !== label);
    if (index === -1 && tagger.labels.length === this.labels.length) return;
    const [wanted, got] = [this.labels[index], tagger.labels[index]].map((label) => JSON.stringify(label));
    const problem =
      tagger.labels.length === this.labels.length
        ? `label ${index} must be ${wanted}, as ${this.configuration.model.classNameFile} says. Got ${got}.`
        : `expected ${this.labels.length} labels, as ${this.configuration.model.classNameFile} has. Got ${tagger.labels.length}.`;
    throw new FormatError(path, undefined, problem);
  }
}

/** The bias that the original excepts from weight decay. */
const UNDECAYED = "audio.lstm.forwards.input.bias";

async function disposeOnFailure(tagger: VideoTagger, work: () => Promise<void>): Promise<VideoTagger> {
  try {
    await work();
    return tagger;
  } catch (error) {
    tagger.dispose();
    throw error;
  }
}
