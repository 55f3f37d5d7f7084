import type { VideoFeatures } from "multimodal-video-tag/inference";
import type { MultimodalTagger } from "multimodal-video-tag/models";
import { Refusal } from "./refusal.ts";

/** A row costs at least so many multiplications of time, however narrow it is: the steps of a recurrence wait for each other. */
const MULTIPLICATIONS_PER_ROW = 30_000;

/**
 * How much work it is to tag a video: the multiplications of its LSTMs, which are most of it. Bytes say nothing: a file of
 * 8 MB may hold 1,000 wide rows or 260,000 narrow ones, and each row is a step that waits for the one before.
 *
 * @throws Refusal (413) when it is more than `most`
 */
export function requestWork(config: MultimodalTagger["config"], features: VideoFeatures, most: number): number {
  const parts = (["image", "audio"] as const).flatMap((modality) => {
    const sizes = config[modality];
    const rows = features[modality]?.rows ?? 0;
    if (sizes === undefined || rows === 0) return [];
    const { featureSize, units } = sizes;
    return [{ modality, rows, perRow: 8 * units * (featureSize + units) + MULTIPLICATIONS_PER_ROW }];
  });
  const work = parts.reduce((sum, { rows, perRow }) => sum + rows * perRow, 0);
  if (work <= most) return work;
  const got = parts.map(({ modality, rows }) => count(rows, modality)).join(" and ");
  const limits = parts.map(({ modality, perRow }) => count(Math.floor(most / perRow), modality)).join(" or ");
  const help = `Send every ${ordinal(Math.ceil(work / most))} row.`;
  throw new Refusal(413, `A video may be as much work as ${limits}. Got ${got}. ${help}`);
}

function count(rows: number, modality: string): string {
  return `${rows} ${modality} ${rows === 1 ? "row" : "rows"}`;
}

function ordinal(number: number): string {
  const ending = /1[123]$/.test(`${number}`) ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${number}${ending}`;
}
