import { attentionSpans, type RowTiming } from "./attention-spans.ts";
import type { TaggedVideo } from "./tagged-video.ts";

/** How much of the attention a row of features got; start and end in seconds where the rows' timing is known. */
export interface AttendedRow {
  /** From 0. */
  readonly row: number;
  readonly start?: number;
  readonly end?: number;
  readonly weight: number;
}

/** The rows of each modality that a video has. */
export type AttendedRows = { readonly [modality: string]: readonly AttendedRow[] };

/** When the rows of features were, where that is known. */
export type FeatureTiming = { readonly [modality: string]: RowTiming };

/** The attention of a tagged video row by row, and in seconds where they are known. */
export function attendedRows(attention: TaggedVideo["attention"], timing: FeatureTiming): AttendedRows {
  const entries = Object.entries(attention).map(([modality, weights]) => [modality, rowsOf(weights, timing[modality])]);
  return Object.fromEntries(entries);
}

function rowsOf(weights: Float32Array, timing: RowTiming | undefined): AttendedRow[] {
  if (timing === undefined) return Array.from(weights, (weight, row) => ({ row, weight }));
  return attentionSpans(weights, timing).map((span, row) => ({ row, ...span }));
}
