import { expectOptions } from "../core/options.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";

export interface EncoderLearningRateConfig {
  /** The rate of the encoder's uppermost layer, relative to that of the other parameters. Default 1. */
  readonly encoderScale?: number;
  /** What a layer's rate is multiplied with for each layer above it. Default 1: the same for all layers. */
  readonly layerDecay?: number;
}

/** The parts of a path that stand for a modality and a layer: `towers.text.encoder.blocks.11.inner.kernel`. */
const ENCODER = /^towers\.([^.]+)\.encoder\.(?:blocks\.(\d+)\.|(pooler)\.)?/;

/**
 * Learning rates for text encoders that are fine-tuned, for an optimizer's `learningRateScale`:
 * `encoderScale * layerDecay^(layers above)`. The embeddings and their norm lie below all layers, the pooler above them;
 * a parameter outside the encoder has 1. Pretrained layers need small steps, the lower the smaller.
 *
 * Source: discriminative fine-tuning, Howard and Ruder 2018, arXiv:1801.06146.
 *
 * @throws TypeError when the model has no text encoder
 */
export function encoderLearningRateScale(
  model: MultimodalTagger,
  config: EncoderLearningRateConfig = {},
): (path: string) => number {
  expectOptions("encoderLearningRateScale", config, { optional: { encoderScale: "number", layerDecay: "number" } });
  const { encoderScale = 1, layerDecay = 1 } = config;
  const encoders = Object.entries(model.towers).flatMap(([name, { encoder }]) =>
    encoder ? [[name, encoder] as const] : [],
  );
  if (encoders.length === 0) throw new TypeError("encoderLearningRateScale: the model has no text encoder.");
  const layersOf = new Map(encoders.map(([name, { blocks }]) => [name, blocks.length]));
  return (path) => {
    const [, name = "", block, pooler] = ENCODER.exec(path) ?? [];
    const layers = layersOf.get(name);
    if (layers === undefined) return 1;
    const lowest = block === undefined ? layers : layers - 1 - Number(block);
    return encoderScale * layerDecay ** (pooler === undefined ? lowest : 0);
  };
}
