import type { PartFields, PartValue } from "../formats/part.ts";
import type { PoolingMeasures } from "../layers/pooling/pooling-kind.ts";
import type { ErnieConfig } from "./ernie-encoder.ts";
import {
  evaluationOrder,
  inputSizeOf,
  type ModalityConfig,
  type MultimodalTaggerConfig,
  type Poolings,
} from "./tagger-config.ts";

/** The number of values in the parameters of an encoder of this config, without making one. */
export function countErnieParameters(config: ErnieConfig): number {
  const { hiddenSize: size, vocabularySize, maxPositions, sentenceTypes, taskTypes, layers, pooler } = config;
  const square = linear(size, size);
  const norm = 2 * size;
  const block = 4 * square + norm + linear(size, 4 * size) + linear(4 * size, size) + norm;
  const embeddings = (vocabularySize + maxPositions + sentenceTypes + taskTypes) * size;
  return embeddings + norm + layers * block + (pooler ? square : 0);
}

/**
 * The number of values in the parameters of a tagger of this config, without making one.
 *
 * @param config with each default of its poolings
 * @param poolings the kinds that its poolings may have, such as `POOLINGS`
 */
export function countTaggerParameters(config: MultimodalTaggerConfig, poolings: Poolings): number {
  const measured = measureTowers(config, poolings);
  const inputSize = measured.reduce((sum, { outputSize }) => sum + outputSize, 0);
  return measured.reduce((sum, { parameters }) => sum + parameters, 0) + linear(inputSize, config.numClasses);
}

/** The same of those that training changes: all but those of frozen encoders. */
export function countTrainableParameters(config: MultimodalTaggerConfig, poolings: Poolings): number {
  const ofFrozen = Object.values(config.modalities).map(({ input }) => {
    return "encoder" in input && input.training !== "fine-tuned" ? countErnieParameters(input.encoder) : 0;
  });
  return countTaggerParameters(config, poolings) - ofFrozen.reduce((sum, count) => sum + count, 0);
}

/** How large each tower is, each guide before those that it guides. */
function measureTowers({ modalities }: MultimodalTaggerConfig, poolings: Poolings): PoolingMeasures[] {
  const measured = new Map<string, PoolingMeasures>();
  const found = evaluationOrder(modalities);
  for (const name of "order" in found ? found.order : []) {
    const modality = modalities[name] as ModalityConfig;
    const { input, recurrence, pooling, guidedBy } = modality;
    const inputSize = inputSizeOf(modality);
    let parameters = 0;
    if ("encoder" in input) parameters += countErnieParameters(input.encoder);
    if ("tokens" in input) parameters += input.tokens.vocabularySize * input.tokens.size;
    if (recurrence !== undefined) {
      const { units, inputBias = { forward: false, backward: false } } = recurrence;
      const biases = Number(inputBias.forward) + Number(inputBias.backward);
      parameters += 2 * (inputSize * 4 * units + units * 4 * units + 7 * units) + biases * 4 * units;
    }
    const kind = poolings[pooling.kind];
    if (kind === undefined) throw new TypeError(`There is no pooling of the kind ${pooling.kind}.`);
    const { kind: _, ...options } = pooling;
    const guideSize = guidedBy === undefined ? undefined : measured.get(guidedBy)?.outputSize;
    const sizes = { inputSize: recurrence === undefined ? inputSize : 2 * recurrence.units, guideSize };
    const ofPooling = kind.measure(options as PartValue<PartFields>, sizes);
    measured.set(name, { outputSize: ofPooling.outputSize, parameters: parameters + ofPooling.parameters });
  }
  return [...measured.values()];
}

function linear(inputSize: number, outputSize: number): number {
  return inputSize * outputSize + outputSize;
}
