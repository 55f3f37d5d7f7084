import { join } from "node:path";
import { MismatchError, StateError } from "../core/errors.ts";
import type { InitialValues } from "../core/initializers.ts";
import { expectRoom } from "../core/parameter-room.ts";
import { RandomStream } from "../core/random-stream.ts";
import { loadState } from "../core/state.ts";
import type { VideoDataset } from "../data/video-dataset.ts";
import { type ClassFile, describeClassFile, openClassFile } from "../formats/class-file.ts";
import { readErnieConfiguration } from "../formats/ernie-configuration.ts";
import { FormatError, quote } from "../formats/format-error.ts";
import { normalizationNote } from "../formats/normalization.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import { describeTagger } from "../models/describe-tagger.ts";
import { MultimodalTagger } from "../models/multimodal-tagger.ts";
import { countTaggerParameters } from "../models/parameter-count.ts";
import {
  type MultimodalVideoTagFeatures,
  type MultimodalVideoTagSizes,
  multimodalVideoTagOf,
} from "../models/presets.ts";
import type { MultimodalTaggerConfig } from "../models/tagger-config.ts";
import { CONFIGURATION_LIMIT, readBytes, TEXT_LIMIT } from "../node/files.ts";
import { type LoadTaggerOptions, loadTagger, openEncodingCache, taggerFiles } from "../node/tagger-folder.ts";
import { type PaddleConfiguration, readPaddleConfiguration } from "../paddle/paddle-configuration.ts";
import { trainingRecipe } from "../paddle/training-recipe.ts";
import type { FeatureTiming } from "../tagging/attended-rows.ts";
import { readStoredTagger, storedState } from "../tagging/stored-tagger.ts";
import type { TextPreprocessing } from "../tagging/tagger-inputs.ts";
import { VideoTagger } from "../tagging/video-tagger.ts";
import { readVocabularyFile } from "../tagging/vocabulary-file.ts";
import type { TrainTaggerOptions } from "../training/train-tagger.ts";
import { openDataset } from "./open-dataset.ts";
import { ernieFolderProblem, loadErnieFolder, loadPaddleCheckpoint, resolveCheckpoint } from "./paddle-checkpoint.ts";

/** The original's names for the parts of a project that have data of their own. */
export type ProjectSection = "train" | "valid" | "test" | "infer";

/** How a project trains: its configuration leaves nothing open. */
export type ProjectTraining = TrainTaggerOptions &
  Required<Pick<TrainTaggerOptions, "optimizer" | "schedule" | "epochs" | "batchSize" | "validBatchSize" | "topN">> &
  Required<Pick<TrainTaggerOptions, "earlyStop" | "seed">>;

/** How the taggers of a project are made, beyond what its configuration says. */
export interface OpenProjectOptions extends Pick<LoadTaggerOptions, "encodingCache"> {
  /** Ends the reading of a large file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A working folder of the original system, as its configuration describes it: model, labels, pretrained ERNIE, lists
 * and features. Paths in the configuration are relative to the process's working folder, as in the original.
 */
export class PaddleProject {
  readonly configuration: PaddleConfiguration;
  /** The configuration's path, for messages. */
  readonly file: string;
  /** In class order. */
  readonly labels: readonly string[];
  /** What should be known of the class file, though it can be read: sentences. */
  readonly notes: readonly string[];
  readonly #options: OpenProjectOptions;

  private constructor(
    configuration: PaddleConfiguration,
    file: string,
    classes: ClassFile,
    options: OpenProjectOptions,
  ) {
    this.configuration = configuration;
    this.file = file;
    this.labels = classes.labels;
    this.notes = describeClassFile(classes).map((note) => `${configuration.model.classNameFile}: ${note}`);
    this.#options = options;
  }

  /** @throws FormatError or FileError for a configuration or class file that cannot be used */
  static async open(file: string, options: OpenProjectOptions = {}): Promise<PaddleProject> {
    const configuration = readPaddleConfiguration(await readBytes(file, { limit: CONFIGURATION_LIMIT }), { file });
    const { classNameFile, numClasses } = configuration.model;
    const classes = openClassFile(await readBytes(classNameFile, { limit: TEXT_LIMIT }), { file: classNameFile });
    const { labels } = classes;
    if (labels.length !== numClasses) {
      const problem = `expected ${numClasses} labels, as num_classes in ${file} says. Got ${labels.length}.`;
      throw new FormatError(classNameFile, undefined, problem);
    }
    return new PaddleProject(configuration, file, classes, options);
  }

  /**
   * The data of a section, with true labels but for `infer`.
   *
   * @throws FormatError when the configuration has no such section or the list cannot be used
   */
  async openDataset(section: ProjectSection): Promise<VideoDataset> {
    const { list, features } = this.section(section);
    const { signal } = this.#options;
    return openDataset({ list, features, signal, ...(section !== "infer" && { labels: this.labels }) });
  }

  /** A section of the configuration that a command cannot do without. */
  section<Name extends ProjectSection>(name: Name): NonNullable<PaddleConfiguration[Name]> {
    const section = this.configuration[name];
    if (section === undefined) {
      throw new FormatError(this.file, undefined, `expected a section [${name.toUpperCase()}]. Got none.`);
    }
    return section;
  }

  /**
   * A tagger as training starts with it: the model that the configuration describes, with the parameters of a checkpoint,
   * or with seeded ones and ERNIE's pretrained ones.
   *
   * @param checkpoint a folder of saveTagger, or the original's `param` file or folder
   * @throws FormatError that names the first parameter that does not fit, and the model that was expected; FormatError
   *   when a folder of ours has other labels than this project
   */
  async createTagger(checkpoint?: string): Promise<VideoTagger> {
    if (checkpoint === undefined) {
      const tagger = await this.#newTagger(new RandomStream(this.configuration.train.seed).fork("parameters"));
      const encoder = tagger.model.towers["text"]?.encoder;
      return disposeOnFailure(tagger, async () => encoder && loadErnieFolder(encoder, this.#ernieFolder()));
    }
    const found = await resolveCheckpoint(checkpoint);
    const tagger = await this.emptyTagger();
    return disposeOnFailure(tagger, () =>
      found.kind === "tagger" ? this.#loadStored(tagger, found.folder) : loadPaddleCheckpoint(tagger.model, found),
    );
  }

  /**
   * The model that the configuration describes, with titles by the pretrained ERNIE's own configuration and vocabulary.
   *
   * @throws FormatError or FileError that names what of it is missing or damaged
   */
  async taggerConfig(): Promise<MultimodalTaggerConfig> {
    return this.#configOf((await this.#textParts())?.config);
  }

  /**
   * What is wrong with the pretrained ERNIE's parameters, which only a training from the beginning needs; undefined when nothing
   * is, or the model has no titles.
   */
  async ernieProblem(): Promise<string | undefined> {
    const text = await this.#textParts();
    return text && ernieFolderProblem(text.config.encoder, this.#ernieFolder());
  }

  /** A tagger with zeros for parameters, which a state is about to fill. */
  emptyTagger(): Promise<VideoTagger> {
    return this.#newTagger(null);
  }

  /**
   * A tagger as its checkpoint left it: a folder of saveTagger is taken as it is, model and all; the original's `param`
   * file or folder is read into the model that the configuration describes.
   *
   * @throws FormatError that names the first parameter that does not fit; FormatError when a folder of ours has other
   *   labels than this project
   */
  async loadTagger(checkpoint: string): Promise<VideoTagger> {
    const found = await resolveCheckpoint(checkpoint);
    if (found.kind !== "tagger") return this.createTagger(checkpoint);
    const tagger = await loadTagger(found.folder, this.#options);
    return disposeOnFailure(tagger, async () => this.#expectSameLabels(tagger.labels, checkpoint));
  }

  /** When the rows of features were, as far as the configuration tells. */
  get featureTiming(): FeatureTiming {
    const { image, audio } = this.configuration.model.rowSeconds;
    return { ...(image && { image: { hopSeconds: image } }), ...(audio && { audio: { hopSeconds: audio } }) };
  }

  /** How the configuration trains a tagger: `listSize` videos that the list offers, `epochs` instead of its own. */
  trainOptions(
    tagger: VideoTagger,
    {
      listSize,
      epochs = this.configuration.train.epochs,
    }: { readonly listSize: number; readonly epochs?: number | undefined },
  ): Omit<ProjectTraining, "train" | "valid"> {
    const { train, valid, model } = this.configuration;
    return {
      tagger,
      epochs,
      batchSize: train.batchSize,
      validBatchSize: valid?.batchSize ?? train.batchSize,
      topN: model.topN,
      earlyStop: train.earlyStop,
      modalityDropRate: train.modalDropRate,
      maxRows: model.maxRows,
      seed: train.seed,
      ...trainingRecipe(train, { model: tagger.model, listSize, epochs }),
    };
  }

  async #newTagger(random: InitialValues): Promise<VideoTagger> {
    const { infer } = this.configuration;
    const text = await this.#textParts();
    const config = this.#configOf(text?.config);
    expectRoom("MultimodalTagger", countTaggerParameters(config, POOLINGS));
    const network = new MultimodalTagger(config, random);
    try {
      const threshold = infer && { threshold: infer.threshold };
      const titleEncodingStores = await openEncodingCache(this.#options.encodingCache, network);
      const texts = text && { text: text.preprocessing };
      const parts = { model: network, labels: this.labels, texts, titleEncodingStores };
      return new VideoTagger({ ...parts, ...threshold });
    } catch (error) {
      network.dispose();
      // The vocabulary or text_max_len is more than ernie_config.json says the encoder knows.
      if (error instanceof MismatchError)
        throw new FormatError(join(this.#ernieFolder(), ERNIE_CONFIGURATION), undefined, error.message);
      throw error;
    }
  }

  #configOf(text: MultimodalVideoTagSizes["text"]): MultimodalTaggerConfig {
    const { model, train } = this.configuration;
    const features = (size: number | undefined, units: number | undefined): MultimodalVideoTagFeatures | undefined => {
      return size === undefined || units === undefined ? undefined : { size, units };
    };
    return multimodalVideoTagOf({
      image: features(model.featureSizes.image, model.imageLstmSize),
      audio: features(model.featureSizes.audio, model.audioLstmSize),
      text,
      isTextGuided: model.poolMode === "text-guided",
      numClasses: model.numClasses,
      head: train.lossType === "softmax" ? "softmax" : "sigmoid",
      dropoutRate: model.dropRate,
      dropoutScaling: model.dropoutScaling,
      masksAbsent: model.absentModalities === "masked",
    });
  }

  async #loadStored(tagger: VideoTagger, folder: string): Promise<void> {
    const stored = await readStoredTagger(taggerFiles(folder, this.#options));
    this.#expectSameLabels(stored.manifest.labels, folder);
    try {
      loadState(tagger.model, storedState(stored));
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const expected = `expected the parameters of this model: ${describeTagger(tagger.model.config)}.`;
      throw new FormatError(folder, undefined, `${expected} ${error.message}`);
    }
  }

  async #textParts(): Promise<
    | { readonly config: NonNullable<MultimodalVideoTagSizes["text"]>; readonly preprocessing: TextPreprocessing }
    | undefined
  > {
    const { textMaxLength: maxLength } = this.configuration.model;
    if (maxLength === undefined) return undefined;
    const folder = this.#ernieFolder();
    const file = join(folder, ERNIE_CONFIGURATION);
    const encoder = readErnieConfiguration(await readBytes(file, { limit: CONFIGURATION_LIMIT }), { file });
    const vocabularyFile = join(folder, "vocab.txt");
    const vocabularyBytes = await readBytes(vocabularyFile, { limit: TEXT_LIMIT });
    const vocabulary = await readVocabularyFile(vocabularyBytes, vocabularyFile);
    const { ernieFreeze, ernieFrozenDropout, textCnnFilters } = this.configuration.model;
    const whenFrozen = ernieFrozenDropout ? "frozen-with-dropout" : "frozen";
    return {
      config: {
        encoder,
        training: ernieFreeze ? whenFrozen : "fine-tuned",
        filters: textCnnFilters,
      },
      preprocessing: { ...vocabulary, maxLength },
    };
  }

  #ernieFolder(): string {
    return this.configuration.train.ernieFolder as string;
  }

  #expectSameLabels(labels: readonly string[], checkpoint: string): void {
    const { classNameFile } = this.configuration.model;
    const error = (problem: string) => new FormatError(checkpoint, undefined, problem);
    if (labels.length !== this.labels.length) {
      throw error(`expected ${this.labels.length} labels, as ${classNameFile} has. Got ${labels.length}.`);
    }
    const index = this.labels.findIndex((label, position) => labels[position] !== label);
    if (index === -1) return;
    const [wanted, got] = [this.labels[index] as string, labels[index] as string];
    const note = normalizationNote(wanted, got);
    throw error(`label ${index} must be ${quote(wanted)}, as ${classNameFile} says. Got ${quote(got)}.${note}`);
  }
}

const ERNIE_CONFIGURATION = "ernie_config.json";

async function disposeOnFailure(tagger: VideoTagger, work: () => Promise<unknown>): Promise<VideoTagger> {
  try {
    await work();
    return tagger;
  } catch (error) {
    tagger.dispose();
    throw error;
  }
}
