import { RandomStream } from "../core/random-stream.ts";
import { loadState, type ParameterValues, readState } from "../core/state.ts";
import { type ErnieConfig, ErnieEncoder } from "../models/ernie-encoder.ts";
import { type PlantedSetting, plantedWords } from "./planted-world.ts";

/** Tokens of a title at most, [CLS] and [SEP] included. */
export const TITLE_LENGTH = 12;

const SPECIAL_TOKENS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"];

/** The tokens of a world's titles by their ids. */
export function plantedVocabulary(setting: PlantedSetting): string[] {
  return [...SPECIAL_TOKENS, ...plantedWords(setting)];
}

/**
 * A world's small ERNIE with random weights: loud words, quieter positions, one block. It is frozen, so it need not
 * know more.
 */
export async function plantedEncoder(worldSeed: number, setting: PlantedSetting): Promise<ErnieEncoder> {
  const config: ErnieConfig = {
    vocabularySize: plantedVocabulary(setting).length,
    hiddenSize: 32,
    layers: 1,
    heads: 4,
    maxPositions: TITLE_LENGTH,
    sentenceTypes: 2,
    taskTypes: 0,
    activation: "relu",
    hiddenDropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
  };
  const random = new RandomStream(worldSeed).fork("encoder");
  const encoder = new ErnieEncoder(config, random);
  const state = await readState(encoder);
  for (const [path, deviation] of [
    ["wordEmbedding.table", 1],
    ["positionEmbedding.table", 0.5],
    ["sentenceEmbedding.table", 0],
  ] as const) {
    const { shape, data } = state.get(path) as ParameterValues;
    state.set(path, { shape, data: data.map(() => deviation * random.nextNormal()) });
  }
  loadState(encoder, state);
  return encoder;
}
