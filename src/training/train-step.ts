import * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { Module } from "../core/module.ts";
import { absorbMoments, MomentCollector, type Moments } from "../core/moments.ts";
import type { RandomStream } from "../core/random-stream.ts";
import { computeGradients } from "./gradients.ts";
import { describeNotFiniteParameter } from "./not-finite.ts";

/** What `train` needs of a model, whatever it is: its parameters, and what a batch says of them. */
export interface TrainStep<Example> {
  /** Everything that is saved, by its path. Training changes those that are `trainable`. */
  parameters(): ReadonlyMap<string, tf.Variable>;
  /** Those of them that training changes without a gradient: running statistics. Default: none. */
  statistics?(): ReadonlyMap<string, tf.Variable>;
  /** Moves the running statistics towards the moments of a batch. */
  absorb?(moments: ReadonlyMap<string, Moments>): void;
  /** The loss of some examples, and its gradients. They are those of the batch, or of the part that a thread takes of it. */
  gradients(examples: readonly Example[], options: StepOptions): Promise<BatchGradients>;
  /** How much work an example is beside the others, so that threads get shares alike. Default: each is as much. */
  cost?(example: Example): number;
}

export interface StepOptions {
  /** From 0, over all epochs: what messages call the step. */
  readonly step: number;
  /** What dropout and the like draw from: another stream for each step, and for each part of a batch. */
  readonly random: RandomStream;
}

/** What a training step takes from its batch, before the parameters change. All of it can be added over parts of the batch. */
export interface BatchGradients {
  /** Summed over the examples. */
  readonly loss: number;
  /** More sums over the examples, such as how many were right; a StepEvent tells their means. */
  readonly sums?: Readonly<Record<string, number>>;
  /** Of the summed loss, by parameter path; owned by the caller. A parameter that the loss does not depend on is not there. */
  readonly gradients: Map<string, tf.Tensor>;
  /** What modules with running statistics have seen, by their paths. */
  readonly moments?: ReadonlyMap<string, Moments>;
}

/** A model that is trained: a Module, or a TrainStep. */
export type Trained = Pick<TrainStep<never>, "parameters" | "statistics">;

/**
 * The step of a model whose loss is a function of its examples.
 *
 *     const step = stepOf(model, (examples, options) => tf.sum(squaredErrors(model.forward(inputOf(examples), options))));
 *
 * @param model has the parameters, and perhaps running statistics
 * @param loss of some examples, summed over them, as one number. Tensors that it makes are freed
 */
export function stepOf<Example>(
  model: Module,
  loss: (examples: readonly Example[], options: ForwardOptions) => tf.Scalar,
): TrainStep<Example> {
  return {
    parameters: () => model.parameters(),
    statistics: () => model.statistics(),
    absorb: (moments) => absorbMoments(model, moments),
    async gradients(examples, { step, random }) {
      const collector = new MomentCollector();
      try {
        const options = { training: true, random, moments: collector } as const;
        const { loss: sum, gradients } = computeGradients(() => loss(examples, options), trainableOf(model));
        try {
          return { loss: await finiteLoss(sum, step, model), gradients, moments: await collector.read(model) };
        } catch (error) {
          tf.dispose([...gradients.values()]);
          throw error;
        }
      } finally {
        collector.dispose();
      }
    },
  };
}

/** The parameters that gradients change. */
export function trainableOf(model: Trained): Map<string, tf.Variable> {
  return new Map([...model.parameters()].filter(([, { trainable }]) => trainable));
}

/** All that training changes: trained parameters and running statistics. */
export function changingOf(model: Trained): Map<string, tf.Variable> {
  const statistics = model.statistics?.();
  return new Map([...model.parameters()].filter(([path, { trainable }]) => trainable || statistics?.has(path)));
}

/** Reads the loss, and frees it. */
async function finiteLoss(loss: tf.Scalar, step: number, model: Trained): Promise<number> {
  try {
    const value = (await loss.data())[0] as number;
    if (Number.isFinite(value)) return value;
    const cause = (await describeNotFiniteParameter(model.parameters())) ?? "All parameters are finite.";
    throw new NotFiniteError(
      `Training: the loss of step ${step} is ${value}. ${cause} A lower learning rate may help.`,
    );
  } finally {
    loss.dispose();
  }
}
