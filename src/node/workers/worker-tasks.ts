import type { RandomState } from "../../core/random-stream.ts";
import type { DecodedFeatures, DecodeOptions } from "../../data/decoded-features.ts";
import type { KernelOptions } from "../../kernels/index.ts";
import type { MultimodalTaggerConfig } from "../../models/tagger-config.ts";
import type { LabelledVideo, MeasuredBatch } from "../../tagging/batch-tagger.ts";
import type { TaggedVideo, TagOptions } from "../../tagging/tagged-video.ts";
import type { TextPreprocessing, VideoFeatures } from "../../tagging/tagger-inputs.ts";
import type { VideoTaggerConfig } from "../../tagging/video-tagger.ts";
import type { LossConfig } from "../../training/loss-config.ts";
import type { BatchGradients, StepOptions } from "../../training/train-step.ts";
import type { VideoStepOptions } from "../../training/video-step.ts";
import type { ParameterPlace } from "./shared-values.ts";

/** On what a thread computes. */
export interface BackendSetup {
  readonly backend: string;
  /** How our own kernels are registered; undefined when they are not. */
  readonly kernels: KernelOptions | undefined;
}

/** All that a tagger is made of in another thread. */
export interface TaggerSetup
  extends BackendSetup,
    Pick<VideoTaggerConfig, "labels" | "threshold" | "calibration" | "memoryBudget"> {
  readonly model: MultimodalTaggerConfig;
  readonly texts: Readonly<Record<string, Omit<TextPreprocessing, "tokenizer">>>;
  /** Every parameter of the model, in shared memory. */
  readonly parameters: Float32Array;
}

/** What a tagger learns by: the loss as data, or the address of a module whose default export it is. */
export interface LearningSetup extends Omit<VideoStepOptions, "loss"> {
  readonly loss: LossConfig | string | undefined;
}

/** All that a training step is made of in another thread. */
export interface StepSetup extends BackendSetup {
  /** The address of the module whose default export makes it of the config. */
  readonly module: string;
  readonly config: unknown;
  /** The parameters that it must have. */
  readonly layout: readonly ParameterPlace[];
  /** Their values, in shared memory. */
  readonly parameters: Float32Array;
}

/** A share of a training step. */
export interface GradientShare extends Omit<StepOptions, "random"> {
  readonly examples: readonly unknown[];
  /** The state of the stream that chance draws from. */
  readonly random: RandomState;
  /** All that training changes, in shared memory. */
  readonly parameters: Float32Array;
  /** Shared memory where their gradients go. */
  readonly gradients: Float32Array;
}

/** What a worker thread does when it is asked to. */
export interface WorkerTasks {
  /** Makes the tagger that the other tasks need. */
  startTagger(setup: TaggerSetup): Promise<void>;
  /** Makes the step of a model that is no tagger. */
  startStep(setup: StepSetup): Promise<void>;
  /** Says what the tagger's gradients are of. */
  learnBy(setup: LearningSetup): Promise<void>;
  /** Takes other values for what training changes. */
  load(parameters: Float32Array): void;
  tag(videos: readonly VideoFeatures[], options?: TagOptions): Promise<TaggedVideo[]>;
  measure(videos: readonly LabelledVideo[]): Promise<MeasuredBatch>;
  /** Answers with the paths of the parameters that have a gradient. */
  gradients(share: GradientShare): Promise<Omit<BatchGradients, "gradients"> & { readonly paths: readonly string[] }>;
  /** Adds the others' values in [begin, end) to the first's, one after another. */
  add(memories: readonly Float32Array[], begin: number, end: number): void;
  /** Needs no tagger. The features are in shared memory; the bytes are gone then. */
  decode(bytes: Uint8Array, options: DecodeOptions): DecodedFeatures;
}

/** What a worker thread asks of the thread that started it: the encodings of each text that all of them share. */
export interface EncodingTasks {
  readEncoding(modality: string, title: Int32Array): Promise<Float32Array | undefined>;
  writeEncoding(modality: string, title: Int32Array, values: Float32Array): Promise<void>;
}
