import type { ErnieConfig } from "./ernie-encoder.ts";
import type { MultimodalTaggerConfig, SequenceModalityConfig } from "./multimodal-tagger.ts";

/** The number of values in the parameters of an encoder of this config, without making one. */
export function countErnieParameters(config: ErnieConfig): number {
  const { hiddenSize: size, vocabularySize, maxPositions, sentenceTypes, taskTypes, layers, pooler } = config;
  const square = linear(size, size);
  const norm = 2 * size;
  const block = 4 * square + norm + linear(size, 4 * size) + linear(4 * size, size) + norm;
  const embeddings = (vocabularySize + maxPositions + sentenceTypes + taskTypes) * size;
  return embeddings + norm + layers * block + (pooler ? square : 0);
}

/** The number of values in the parameters of a tagger of this config, without making one. */
export function countTaggerParameters(config: MultimodalTaggerConfig): number {
  const { image, audio, text } = config;
  const textSize = text ? text.filters * text.windows.length : 0;
  let count = 0;
  if (text) {
    count += countErnieParameters(text.encoder);
    for (const window of text.windows) count += linear(window * text.encoder.hiddenSize, text.filters);
  }
  const branch = ({ featureSize, units }: SequenceModalityConfig): number => {
    const direction = featureSize * 4 * units + units * 4 * units + 7 * units;
    const size = 2 * units;
    const energy = config.pooling === "text-guided" ? linear(size + textSize, size) : 0;
    // One of the two directions has a bias beside the gates' own.
    return 2 * direction + 4 * units + energy + linear(size, 1);
  };
  if (image) count += branch(image);
  if (audio) count += branch(audio);
  return count + linear(textSize + 2 * (image?.units ?? 0) + 2 * (audio?.units ?? 0), config.numClasses);
}

/** The same of those that training changes: all but a frozen encoder's. */
export function countTrainableParameters(config: MultimodalTaggerConfig): number {
  const { text } = config;
  const isFrozen = text !== undefined && text.encoderTraining !== "fine-tuned";
  return countTaggerParameters(config) - (isFrozen ? countErnieParameters(text.encoder) : 0);
}

function linear(inputSize: number, outputSize: number): number {
  return inputSize * outputSize + outputSize;
}
