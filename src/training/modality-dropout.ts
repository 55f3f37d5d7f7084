import type { RandomStream } from "../core/random-stream.ts";
import { hasModality, type VideoFeatures } from "../tagging/tagger-inputs.ts";

/**
 * A video without one of the modalities that it has, drawn at random: to the model it is as absent as one that was never
 * there. A video of one modality keeps it.
 *
 * @param modalities those of the model
 */
export function dropModality(video: VideoFeatures, modalities: readonly string[], random: RandomStream): VideoFeatures {
  const present = modalities.filter((modality) => hasModality(video, modality));
  if (present.length < 2) return video;
  const dropped = present[random.nextInteger(present.length)] as string;
  const { rows, texts } = video;
  return { ...video, rows: { ...rows, [dropped]: undefined }, texts: { ...texts, [dropped]: undefined } };
}
