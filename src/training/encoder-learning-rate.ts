import { expectOptions } from "../core/options.ts";
import type { MultimodalTagger } from "../models/multimodal-tagger.ts";

export interface EncoderLearningRateConfig {
  /** The rate of the encoder's uppermost layer, relative to that of the other parameters. Default 1. */
  readonly encoderScale?: number;
  /** What a layer's rate is multiplied with for each layer above it. Default 1: the same for all layers. */
  readonly layerDecay?: number;
}

/** The part of a path that stands for a layer: `text.encoder.blocks.11.inner.kernel`. */
const BLOCK = /^text\.encoder\.blocks\.(\d+)\./;

/**
 * Learning rates for a text encoder that is fine-tuned, for an optimizer's `learningRateScale`:
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
  if (model.text === undefined) throw new TypeError("encoderLearningRateScale: the model has no text encoder.");
  const layers = model.text.encoder.blocks.length;
  const layersAbove = (path: string): number => {
    if (path.startsWith("text.encoder.pooler.")) return 0;
    const block = BLOCK.exec(path)?.[1];
    return block === undefined ? layers : layers - 1 - Number(block);
  };
  return (path) => (path.startsWith("text.encoder.") ? encoderScale * layerDecay ** layersAbove(path) : 1);
}
