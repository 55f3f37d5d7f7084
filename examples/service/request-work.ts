import type { MultimodalTaggerConfig } from "multimodal-video-tag/models";
import type { VideoFeatures } from "multimodal-video-tag/tagging";
import { Refusal } from "./refusal.ts";

/** The most that one video may be. */
export interface WorkLimits {
  /** Multiplications of its LSTMs, which are most of the work. */
  readonly multiplications: number;
  /** Bytes of memory that a thread needs for it, beside the model. */
  readonly memory: number;
}

/** Some seconds of one thread, and a memory that several threads can have. */
export const DEFAULT_LIMITS: WorkLimits = { multiplications: 2e10, memory: 256 * 2 ** 20 };

/** However narrow a row is, its step waits for the one before: it takes as long as so many multiplications. */
const MULTIPLICATIONS_PER_STEP = 30_000;
/** For each row the LSTMs keep its values, and so many of each unit: projections, gates, states. */
const VALUES_PER_UNIT = 22;
const BYTES_PER_VALUE = 4;

/**
 * How much of the limits a video takes: 1 for all of it. Bytes of a file say nothing: one of 8 MB may hold 1,000 wide rows or
 * 260,000 narrow ones.
 *
 * @throws Refusal (413) when it is more than 1
 */
export function requestWork(config: MultimodalTaggerConfig, features: VideoFeatures, limits: WorkLimits): number {
  const parts = Object.entries(config.modalities).flatMap(([modality, { input, recurrence }]) => {
    const rows = features.rows?.[modality]?.rows ?? 0;
    if (!("size" in input) || rows === 0) return [];
    const { size } = input;
    const units = recurrence?.units ?? 0;
    const multiplications = 8 * units * (size + units) + MULTIPLICATIONS_PER_STEP;
    const memory = BYTES_PER_VALUE * (size + VALUES_PER_UNIT * units);
    const perRow = Math.max(multiplications / limits.multiplications, memory / limits.memory);
    return [{ modality, rows, perRow }];
  });
  const work = parts.reduce((sum, { rows, perRow }) => sum + rows * perRow, 0);
  if (work <= 1) return work;
  const got = parts.map(({ modality, rows }) => count(rows, modality)).join(" and ");
  const most = parts.map(({ modality, perRow }) => count(Math.floor(1 / perRow), modality)).join(" or ");
  const help = `Send every ${ordinal(Math.ceil(work))} row.`;
  throw new Refusal(413, `A video may be as much work as ${most}. Got ${got}. ${help}`);
}

function count(rows: number, modality: string): string {
  return `${rows} ${modality} ${rows === 1 ? "row" : "rows"}`;
}

function ordinal(number: number): string {
  const ending = /1[123]$/.test(`${number}`) ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${number}${ending}`;
}
