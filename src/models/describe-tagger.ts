import { inputSizeOf, type ModalityConfig, type MultimodalTaggerConfig } from "./tagger-config.ts";

/** A model in a line: `image 2048 -> 2 x 512 -> attention by text; text ERNIE 12 x 768 -> text-cnn; 110 classes, sigmoid`. */
export function describeTagger({ modalities, numClasses, head }: MultimodalTaggerConfig): string {
  return [
    ...Object.entries(modalities).map(([name, modality]) => `${name} ${describeModality(modality)}`),
    `${numClasses} classes, ${head}`,
  ].join("; ");
}

function describeModality(modality: ModalityConfig): string {
  const { input, recurrence, pooling, guidedBy } = modality;
  const isEncoder = "encoder" in input;
  return [
    isEncoder ? `ERNIE ${input.encoder.layers} x ${input.encoder.hiddenSize}` : `${inputSizeOf(modality)}`,
    ...(recurrence ? [`2 x ${recurrence.units}`] : []),
    guidedBy === undefined ? pooling.kind : `${pooling.kind} by ${guidedBy}`,
  ].join(" -> ");
}
