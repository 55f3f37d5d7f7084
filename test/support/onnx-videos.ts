import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import { zeroRows } from "../../src/data/collate.ts";
import { hasModality, type TextPreprocessing, type VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import type { OnnxValues } from "./onnx-session.ts";

const NO_ROWS: SequenceRows = { rows: 0, size: 0, data: new Float32Array(0) };

/** Videos as an exported tagger takes them: what a program that serves it must do. */
export function onnxVideos({ model, config }: VideoTagger, videos: readonly VideoFeatures[]): OnnxValues {
  const values: Record<string, OnnxValues[string]> = {};
  for (const [name, modality] of Object.entries(model.config.modalities)) {
    const { input, whenAbsent } = modality;
    if ("size" in input) {
      const absent = typeof whenAbsent === "object" ? zeroRows(whenAbsent.zeroRows, input.size) : NO_ROWS;
      const rows = videos.map((video) => (hasModality(video, name) ? (video.rows?.[name] ?? absent) : absent));
      Object.assign(values, rowsOf(name, rows, input.size));
      continue;
    }
    const text = config.texts?.[name] as TextPreprocessing;
    const tokens = videos.map((video) => {
      if (whenAbsent !== "empty-text" && !hasModality(video, name)) return [];
      return [...text.tokenizer.encode(video.texts?.[name] ?? "", text)];
    });
    const time = Math.max(1, ...tokens.map(({ length }) => length));
    const data = tokens.flatMap((ids) => [...ids, ...new Array(time - ids.length).fill(0)]);
    values[name] = { shape: [videos.length, time], data };
    values[`${name}_length`] = { shape: [videos.length], data: tokens.map(({ length }) => length) };
  }
  return values;
}

function rowsOf(name: string, sequences: readonly SequenceRows[], size: number): OnnxValues {
  const time = Math.max(1, ...sequences.map(({ rows }) => rows));
  const data = new Float32Array(sequences.length * time * size);
  for (const [index, sequence] of sequences.entries()) data.set(sequence.data, index * time * size);
  return {
    [name]: { shape: [sequences.length, time, size], data },
    [`${name}_length`]: { shape: [sequences.length], data: sequences.map(({ rows }) => rows) },
  };
}
