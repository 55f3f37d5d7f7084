import { isText, type ModalityConfig, type MultimodalTaggerConfig, zeroRowsOf } from "../models/tagger-config.ts";
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
 * What a video costs a tagger, by the rows of its features and the sizes of the model. A text counts with its `tokens`.
 *
 * @param tokens of its texts, [CLS] and [SEP] included
 */
export function videoCost(
  config: MultimodalTaggerConfig,
  video: VideoFeatures,
  {
    tokens = {},
    ...options
  }: Pick<WorkingMemoryOptions, "kernels"> & { readonly tokens?: { readonly [modality: string]: number } } = {},
): VideoCost {
  const multiplications = Object.entries(config.modalities).reduce((sum, [name, { input, recurrence }]) => {
    if (!("size" in input) || recurrence === undefined) return sum;
    const { units } = recurrence;
    return sum + (video.rows?.[name]?.rows ?? 0) * 8 * units * (input.size + units);
  }, 0);
  const extent = extentOf(config, [video], tokens);
  return { multiplications, bytes: workingMemory(config, extent, { pass: "prediction", poolings: {}, ...options }) };
}

/** What a batch of videos is padded to. */
export function extentOf(
  { modalities }: MultimodalTaggerConfig,
  videos: readonly VideoFeatures[],
  tokens: { readonly [modality: string]: number },
): BatchExtent {
  const longest = (name: string, config: ModalityConfig): number => {
    const absent = Math.max(1, zeroRowsOf(config));
    return Math.max(...videos.map((video) => video.rows?.[name]?.rows || absent));
  };
  const rows = Object.entries(modalities).map(([name, config]) => [
    name,
    isText(config) ? (tokens[name] ?? 0) : longest(name, config),
  ]);
  return { videos: videos.length, rows: Object.fromEntries(rows) };
}
