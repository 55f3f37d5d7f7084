import { sampledRow } from "../formats/row-sampling.ts";
import type { SequenceRows } from "./sequence-batch.ts";

/**
 * A sequence of at most so many rows: row `floor((i + 1/2) * rows / maxRows)` for each i, which lie evenly. A shorter one is
 * returned as it is.
 */
export function sampleRows(sequence: SequenceRows, maxRows: number): SequenceRows {
  const { rows, size, data } = sequence;
  if (rows <= maxRows) return sequence;
  const sampled = new Float32Array(maxRows * size);
  for (let index = 0; index < maxRows; index++) {
    const row = sampledRow(index, rows, maxRows);
    sampled.set(data.subarray(row * size, (row + 1) * size), index * size);
  }
  return { rows: maxRows, size, data: sampled };
}
