import type { MultimodalTaggerConfig } from "./multimodal-tagger.ts";

/** A model in a line: `text-guided; image 2048 -> 2 x 512; audio 128 -> 2 x 128; ERNIE 12 x 768; 110 classes, sigmoid`. */
export function describeTagger({ pooling, image, audio, text, numClasses, head }: MultimodalTaggerConfig): string {
  return [
    pooling === "text-guided" ? "text-guided attention" : "self-attention",
    ...(image ? [`image ${image.featureSize} -> 2 x ${image.units}`] : []),
    ...(audio ? [`audio ${audio.featureSize} -> 2 x ${audio.units}`] : []),
    ...(text ? [`ERNIE ${text.encoder.layers} x ${text.encoder.hiddenSize}`] : []),
    `${numClasses} classes, ${head}`,
  ].join("; ");
}
