import { SILENT_ROWS } from "../data/collate.ts";
import type { MultimodalTaggerConfig } from "../models/multimodal-tagger.ts";
import { type BatchExtent, type WorkingMemoryOptions, workingMemory } from "../models/working-memory.ts";
import type { VideoFeatures } from "./tagger-inputs.ts";

/** What it takes to tag a video alone, beside the model itself. */
export interface VideoCost {
  /** Of its sequences in the LSTMs, which are most of the work: time is in proportion to it. */
  readonly multiplications: number;
  /** Of the backend's memory, if it is tagged in one piece. */
  readonly bytes: number;
}

/**
 * What a video costs a tagger, by the rows of its features and the sizes of the model. A title counts with `tokens`.
 *
 * @param tokens of its title, [CLS] and [SEP] included
 */
export function videoCost(
  config: MultimodalTaggerConfig,
  video: VideoFeatures,
  { tokens = 0, ...options }: Partial<WorkingMemoryOptions> & { readonly tokens?: number } = {},
): VideoCost {
  const multiplications = (["image", "audio"] as const).reduce((sum, modality) => {
    const { featureSize = 0, units = 0 } = config[modality] ?? {};
    return sum + (video[modality]?.rows ?? 0) * 8 * units * (featureSize + units);
  }, 0);
  const extent = extentOf([video], tokens);
  return { multiplications, bytes: workingMemory(config, extent, { pass: "prediction", ...options }) };
}

/** What a batch of videos is padded to. */
export function extentOf(videos: readonly VideoFeatures[], tokens: number): BatchExtent {
  const longest = (modality: "image" | "audio", absent: number) =>
    Math.max(...videos.map((video) => video[modality]?.rows || absent));
  return { videos: videos.length, image: longest("image", 1), audio: longest("audio", SILENT_ROWS), tokens };
}
