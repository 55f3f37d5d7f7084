import { countTaggerParameters, countTrainableParameters } from "./parameter-count.ts";
import {
  type EncoderTraining,
  inputSizeOf,
  type ModalityConfig,
  type MultimodalTaggerConfig,
  type Poolings,
} from "./tagger-config.ts";

/** How large a batch is: its videos, and the rows (of a text: tokens) to which the longest of them pads each. */
export interface BatchExtent {
  readonly videos: number;
  /** By modality; 0 for one that is left out. Of a text [CLS] and [SEP] count. */
  readonly rows?: { readonly [modality: string]: number };
}

export interface WorkingMemoryOptions {
  readonly pass: "prediction" | "training";
  /** Whether the kernels of this library do the work (`registerKernels`); composed operations need more. Default true. */
  readonly kernels?: boolean;
  /** The kinds that the model's poolings may have, such as `POOLINGS`. */
  readonly poolings: Poolings;
}

const BYTES = Float32Array.BYTES_PER_ELEMENT;
/** What composed operations need in place of kernels: they keep each step's tensors, and stack them. */
const COMPOSED = { sequences: 3.4, texts: 1.35 } as const;

/**
 * Bytes that a forward pass or a training step over a batch needs in the memory of the backend, beside the parameters and
 * what an optimizer remembers. A model of the wasm backend, measured there: at least what was measured, and at most 1.5
 * times that (test/models/working-memory.test.ts).
 *
 * For a modality of `size` values per row and a recurrence of `units` per direction, each padded row needs
 *
 *     size + 23 units        in prediction: its values, both projections, the states of each step
 *     size + 47 units        in training: what the gradient needs of these, and the gradient itself
 *
 * and 14 units more where a guide is in training.
 */
export function workingMemory(
  config: MultimodalTaggerConfig,
  { videos, rows = {} }: BatchExtent,
  { pass, kernels = true, poolings }: WorkingMemoryOptions,
): number {
  const isTraining = pass === "training";
  const factor = kernels ? { sequences: 1, texts: 1 } : COMPOSED;
  let inputs = 0;
  const towers = [0];
  for (const [name, modality] of Object.entries(config.modalities)) {
    const time = rows[name] ?? 0;
    const { input, recurrence, guidedBy } = modality;
    if ("size" in input) inputs += videos * time * (input.size + 2);
    const perRow = isTraining ? 47 + (guidedBy === undefined ? 0 : 14) : 23;
    // The recurrent kernel is packed anew at each pass.
    const ofRecurrence =
      recurrence === undefined
        ? 0
        : factor.sequences * videos * time * perRow * recurrence.units + 4 * recurrence.units * recurrence.units;
    const ofTokens =
      "size" in input ? poolingValues(modality, isTraining) * time : textValues(modality, time, isTraining);
    towers.push(ofRecurrence + factor.texts * ofTokens * videos);
  }
  // In prediction a tower is done with its memory before the next one begins.
  const working = isTraining ? towers.reduce((sum, values) => sum + values, 0) : Math.max(...towers);
  const gradients = isTraining ? 2 * countTrainableParameters(config, poolings) : 0;
  const head = 8 * videos * config.numClasses;
  return BYTES * (inputs + working + gradients + head);
}

/** Values per row for a pooling over the rows themselves. One behind a recurrence is counted with its units. */
function poolingValues(modality: ModalityConfig, isTraining: boolean): number {
  const { pooling, recurrence, guidedBy } = modality;
  const size = inputSizeOf(modality);
  if (recurrence !== undefined) return 0;
  if (pooling.kind === "text-cnn")
    return isTraining ? 12 * size + 17 * pooling.filters : 13 * size + 4 * pooling.filters;
  const inPrediction = pooling.kind === "attention" || pooling.kind === "mean" ? 3.1 : 4.2;
  return (isTraining ? 4.6 : inPrediction) * size * (guidedBy === undefined ? 1 : 2);
}

/** Values per text for the passes over its tokens: an encoder's, and the pooling's where it comes next. */
function textValues(modality: ModalityConfig, tokens: number, isTraining: boolean): number {
  const { input } = modality;
  const ofPooling = poolingValues(modality, isTraining);
  if (!("encoder" in input)) return tokens * (ofPooling + 3 * inputSizeOf(modality));
  const { hiddenSize: size, layers, heads } = input.encoder;
  const ofEncoder: Readonly<Record<EncoderTraining, number>> = isTraining
    ? {
        frozen: 0,
        "frozen-with-dropout": heads * tokens,
        "fine-tuned": layers * (66 * size + 9 * heads * tokens) + 40 * size,
      }
    : { frozen: 0, "frozen-with-dropout": 0, "fine-tuned": (2 + layers) * size };
  // A frozen encoder runs before, by itself.
  return tokens * Math.max(ofEncoder[input.training] + ofPooling, (10 + layers) * size);
}

/** Bytes of a tagger's parameters in the memory of the backend, as often as they stand there. */
export function parameterMemory(
  config: MultimodalTaggerConfig,
  { pass, kernels = true, poolings }: WorkingMemoryOptions,
): number {
  // Kernels pack each matrix for their products; an optimizer remembers two values per parameter at most.
  const copies = kernels ? 2 : 1;
  const remembered = pass === "training" ? 2 * countTrainableParameters(config, poolings) : 0;
  return BYTES * (copies * countTaggerParameters(config, poolings) + remembered);
}
