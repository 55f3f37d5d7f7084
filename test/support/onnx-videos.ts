import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import { withSilence } from "../../src/data/collate.ts";
import { hasModality, type VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import type { OnnxValues } from "./onnx-session.ts";

const NO_ROWS: SequenceRows = { rows: 0, size: 0, data: new Float32Array(0) };

/** Videos as an exported tagger with all modalities takes them: what a program that serves it must do. */
export function onnxVideos({ model, config }: VideoTagger, videos: readonly VideoFeatures[]): OnnxValues {
  const { image, audio, absentModalities } = model.config;
  const { text } = config;
  if (!image || !audio || !text) throw new Error("All modalities.");
  const isMasked = absentModalities === "masked";
  const sounds = videos.map((video) => video.audio ?? NO_ROWS);
  const titles = videos.map((video) => {
    return isMasked && !hasModality(video, "text") ? [] : [...text.tokenizer.encode(video.title ?? "", text)];
  });
  const time = Math.max(1, ...titles.map(({ length }) => length));
  const ids = titles.flatMap((title) => [...title, ...new Array(time - title.length).fill(0)]);
  return {
    ...rowsOf(
      "image",
      videos.map((video) => video.image ?? NO_ROWS),
      image.featureSize,
    ),
    ...rowsOf(
      "audio",
      isMasked ? sounds : sounds.map((each) => withSilence(each, audio.featureSize)),
      audio.featureSize,
    ),
    title: { shape: [videos.length, time], data: ids },
    title_length: { shape: [videos.length], data: titles.map(({ length }) => length) },
  };
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
