import * as tf from "@tensorflow/tfjs-core";
import { describeShape } from "../core/errors.ts";
import type { ForwardOptions } from "../core/forward-options.ts";
import type { MultimodalTagger, TaggerInput, TaggerOutput } from "../models/multimodal-tagger.ts";

/** A training step whose loss was NaN or infinite, with its parameters as they were. */
export interface FailedStep {
  readonly model: MultimodalTagger;
  readonly input: TaggerInput;
  /** What to call each video of the batch. */
  readonly videos: readonly string[];
  /** As the step itself ran: with a stream that draws the same dropout again. */
  readonly options?: ForwardOptions;
}

const LOSS_ALONE = "The first tensor that is not finite is the loss: all before it, up to the logits, are.";

/** A tensor with a name; `videos` where its first axis is the batch. */
interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
  readonly videos?: readonly string[];
}

/**
 * Finds where a loss that is NaN or infinite comes from: the first tensor with such a value, in the order of
 * computation - features of each modality, parameters, each modality's attention and vector, guides first, logits, the
 * loss. The forward pass runs once more for that.
 *
 * @returns a sentence such as `The first tensor that is not finite is the parameter head.kernel [9, 5]: NaN at [2, 1], 3
 *   of its 45 values are not finite.`
 */
export async function describeFirstNotFinite({ model, input, videos, options }: FailedStep): Promise<string> {
  const given = await describeFirst([
    ...inputTensors(model, input, videos),
    ...named("the parameter", model.parameters()),
  ]);
  if (given !== undefined) return given;
  const output = model.forward(input, options);
  try {
    return (await describeFirst(outputTensors(model, output, videos))) ?? LOSS_ALONE;
  } finally {
    tf.dispose(output);
  }
}

/**
 * Finds out whether an update made a parameter NaN or infinite while the loss was still finite. It reads every value
 * back: once an epoch is enough to keep what is saved whole.
 *
 * @returns a sentence that names the first parameter that is not finite; undefined when all are
 */
export function describeNotFiniteParameter(parameters: ReadonlyMap<string, tf.Tensor>): Promise<string | undefined> {
  return describeFirst(named("the parameter", parameters));
}

function named(kind: string, tensors: ReadonlyMap<string, tf.Tensor>): NamedTensor[] {
  return [...tensors].map(([path, tensor]) => ({ name: `${kind} ${path}`, tensor }));
}

function inputTensors(model: MultimodalTagger, input: TaggerInput, videos: readonly string[]): NamedTensor[] {
  return model.modalities.flatMap((modality) => {
    const sequence = input.sequences[modality];
    if (sequence === undefined || !("values" in sequence)) return []; // token ids are whole numbers
    const { encoder } = model.tower(modality);
    return [
      {
        name: `the ${encoder ? "encoded " : ""}${modality}${encoder ? "" : " features"}`,
        tensor: sequence.values,
        videos,
      },
    ];
  });
}

function outputTensors(
  model: MultimodalTagger,
  { features, attention, logits }: TaggerOutput,
  videos: readonly string[],
): NamedTensor[] {
  const tensors: NamedTensor[] = [];
  const add = (name: string, tensor: tf.Tensor | undefined) => tensor && tensors.push({ name, tensor, videos });
  for (const modality of Object.keys(model.towers)) {
    add(`the ${modality} attention`, attention[modality]);
    add(`the ${modality} vector`, features[modality]);
  }
  add("the logits", logits);
  return tensors;
}

async function describeFirst(tensors: readonly NamedTensor[]): Promise<string | undefined> {
  for (const { name, tensor, videos } of tensors) {
    const values = (await tensor.data()) as Float32Array;
    const first = values.findIndex((value) => !Number.isFinite(value));
    if (first === -1) continue;
    const count = values.reduce((sum, value) => (Number.isFinite(value) ? sum : sum + 1), 0);
    const place = coordinates(first, tensor.shape);
    const video = videos === undefined ? "" : ` (${videos[place[0] as number]})`;
    return (
      `The first tensor that is not finite is ${name} ${describeShape(tensor.shape)}: ${values[first]} at ` +
      `${describeShape(place)}${video}, ${count} of its ${values.length} values are not finite.`
    );
  }
  return undefined;
}

/** The index of an element on each axis, from its index in C order. */
function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const place = rest % size;
      rest = (rest - place) / size;
      return place;
    })
    .reverse();
}
