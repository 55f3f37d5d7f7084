import type { MultimodalTaggerConfig, SequenceModalityConfig } from "./multimodal-tagger.ts";
import { countTaggerParameters, countTrainableParameters } from "./parameter-count.ts";
import type { EncoderTraining } from "./text-branch.ts";

/** How large a batch is: its videos, and the rows and tokens to which the longest of them pads each. */
export interface BatchExtent {
  readonly videos: number;
  /** Default 0. */
  readonly image?: number;
  /** Default 0. */
  readonly audio?: number;
  /** Tokens of a title, [CLS] and [SEP] included. Default 0. */
  readonly tokens?: number;
}

export interface WorkingMemoryOptions {
  readonly pass: "prediction" | "training";
  /** Whether the kernels of this library do the work (`registerKernels`); composed operations need more. Default true. */
  readonly kernels?: boolean;
}

const BYTES = Float32Array.BYTES_PER_ELEMENT;
/** What composed operations need in place of kernels: they keep each step's tensors, and stack them. */
const COMPOSED = { sequences: 3.4, titles: 1.35 } as const;

/**
 * Bytes that a forward pass or a training step over a batch needs in the memory of the backend, beside the parameters and
 * what an optimizer remembers. A model of the wasm backend, measured there: at least what was measured, and at most 1.5
 * times that (test/models/working-memory.test.ts).
 *
 * For a modality of `features` values per row and `units` per direction, each padded row needs
 *
 *     features + 23 units        in prediction: its values, both projections, the states of each step
 *     features + 47 units        in training: what the gradient needs of these, and the gradient itself
 *
 * and 14 units more where a title guides the attention in training.
 */
export function workingMemory(
  config: MultimodalTaggerConfig,
  { videos, image = 0, audio = 0, tokens = 0 }: BatchExtent,
  { pass, kernels = true }: WorkingMemoryOptions,
): number {
  const isTraining = pass === "training";
  const guided = config.pooling === "text-guided" ? 14 : 0;
  const perRow = isTraining ? 47 + guided : 23;
  const factor = kernels ? { sequences: 1, titles: 1 } : COMPOSED;
  const sequences: [SequenceModalityConfig | undefined, number][] = [
    [config.image, image],
    [config.audio, audio],
  ];
  let inputs = 0;
  const branches = [factor.titles * textValues(config, tokens, isTraining) * videos];
  for (const [modality, rows] of sequences) {
    if (modality === undefined) continue;
    const { featureSize, units } = modality;
    inputs += videos * rows * (featureSize + 2);
    // The recurrent kernel is packed anew at each pass.
    branches.push(factor.sequences * videos * rows * perRow * units + 4 * units * units);
  }
  // In prediction a branch is done with its memory before the next one begins.
  const working = isTraining ? branches.reduce((sum, values) => sum + values, 0) : Math.max(...branches);
  const gradients = isTraining ? 2 * countTrainableParameters(config) : 0;
  const head = 8 * videos * config.numClasses;
  return BYTES * (inputs + working + gradients + head);
}

/** Values per title for an encoder's passes and the TextCNN's. */
function textValues({ text }: MultimodalTaggerConfig, tokens: number, isTraining: boolean): number {
  if (text === undefined) return 0;
  const { hiddenSize: size, layers, heads } = text.encoder;
  const ofEncoder: Readonly<Record<EncoderTraining, number>> = isTraining
    ? {
        frozen: 0,
        "frozen-with-dropout": heads * tokens,
        "fine-tuned": layers * (66 * size + 9 * heads * tokens) + 40 * size,
      }
    : { frozen: 0, "frozen-with-dropout": 0, "fine-tuned": (2 + layers) * size };
  const ofCnn = isTraining ? 12 * size + 17 * text.filters : 13 * size + 4 * text.filters;
  // A frozen encoder runs before, by itself.
  return tokens * Math.max(ofEncoder[text.encoderTraining] + ofCnn, (10 + layers) * size);
}

/** Bytes of a tagger's parameters in the memory of the backend, as often as they stand there. */
export function parameterMemory(
  config: MultimodalTaggerConfig,
  { pass, kernels = true }: WorkingMemoryOptions,
): number {
  // Kernels pack each matrix for their products; an optimizer remembers two values per parameter at most.
  const copies = kernels ? 2 : 1;
  const remembered = pass === "training" ? 2 * countTrainableParameters(config) : 0;
  return BYTES * (copies * countTaggerParameters(config) + remembered);
}
