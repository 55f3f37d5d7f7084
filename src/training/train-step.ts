import type * as tf from "@tensorflow/tfjs-core";
import { NotFiniteError } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { RandomStream } from "../core/random-stream.ts";
import { computeGradients, type LossAndGradients } from "./gradients.ts";
import { describeNotFiniteParameter } from "./not-finite.ts";

/** What `train` needs of a model, whatever it is: its parameters, and what a batch says of them. */
export interface TrainStep<Example> {
  /** Everything that is saved, by its path. Training changes those that are `trainable`. */
  parameters(): ReadonlyMap<string, tf.Variable>;
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
}

/**
 * The step of a model whose loss is a function of its examples.
 *
 *     const step = stepOf(model, (examples, options) => tf.sum(squaredErrors(model.forward(inputOf(examples), options))));
 *
 * @param model has the parameters: a Module
 * @param loss of some examples, summed over them, as one number. Tensors that it makes are freed
 */
export function stepOf<Example>(
  model: Pick<TrainStep<Example>, "parameters">,
  loss: (examples: readonly Example[], options: ForwardOptions) => tf.Scalar,
): TrainStep<Example> {
  return {
    parameters: () => model.parameters(),
    async gradients(examples, { step, random }) {
      const computed = computeGradients(() => loss(examples, { training: true, random }), trainableOf(model));
      return { loss: await finiteLoss(computed, step, model), gradients: computed.gradients };
    },
  };
}

/** The parameters that training changes. */
export function trainableOf(model: Pick<TrainStep<never>, "parameters">): Map<string, tf.Variable> {
  return new Map([...model.parameters()].filter(([, { trainable }]) => trainable));
}

/** Reads the loss, and frees it; the gradients too where it is not finite. */
async function finiteLoss(
  { loss, gradients }: LossAndGradients,
  step: number,
  model: Pick<TrainStep<never>, "parameters">,
): Promise<number> {
  try {
    const value = (await loss.data())[0] as number;
    if (Number.isFinite(value)) return value;
    const cause = (await describeNotFiniteParameter(model.parameters())) ?? "All parameters are finite.";
    throw new NotFiniteError(
      `Training: the loss of step ${step} is ${value}. ${cause} A lower learning rate may help.`,
    );
  } catch (error) {
    for (const gradient of gradients.values()) gradient.dispose();
    throw error;
  } finally {
    loss.dispose();
  }
}
