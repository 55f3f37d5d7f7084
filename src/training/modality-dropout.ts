import type { RandomStream } from "../core/random-stream.ts";
import type { VideoFeatures } from "../inference/tagger-inputs.ts";
import type { Modality } from "../models/multimodal-tagger.ts";

/**
 * A video without one of its modalities, drawn at random: no title, or no rows of features. A video of one modality
 * keeps it.
 */
export function dropModality(
  video: VideoFeatures,
  modalities: readonly Modality[],
  random: RandomStream,
): VideoFeatures {
  if (modalities.length < 2) return video;
  const dropped = modalities[random.nextInteger(modalities.length)] as Modality;
  return { ...video, [dropped === "text" ? "title" : dropped]: dropped === "text" ? "" : NO_FEATURES };
}

const NO_FEATURES = { rows: 0, size: 0, data: new Float32Array(0) };
