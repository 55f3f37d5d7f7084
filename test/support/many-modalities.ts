import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import type { DecodedFeatures } from "../../src/data/decoded-features.ts";
import { VideoDataset } from "../../src/data/video-dataset.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { readTaggerDescription } from "../../src/models/tagger-description.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";

/** Two pictures' features, a sound, a vector of the whole video, the title and what is written in the picture. */
export const DESCRIPTION = `{
  "modalities": {
    "frames": {
      "input": { "size": 5 },
      "recurrence": { "units": 3, "inputBias": { "forward": true, "backward": true } },
      "pooling": { "kind": "attention" },
      "guidedBy": "title"
    },
    "objects": { "input": { "size": 4 }, "pooling": { "kind": "attention" }, "guidedBy": "frames" },
    "sound": {
      "input": { "size": 3 },
      "recurrence": { "units": 2 },
      "pooling": { "kind": "mean" },
      "whenAbsent": { "zeroRows": 2 }
    },
    "clip": { "input": { "size": 6 }, "pooling": { "kind": "max" } },
    "title": {
      "input": { "tokens": { "vocabularySize": 9, "size": 4, "initializerRange": 0.5 } },
      "pooling": { "kind": "text-cnn", "filters": 3, "windows": [1, 2] },
      "whenAbsent": "empty-text"
    },
    "written": {
      "input": {
        "training": "frozen",
        "encoder": {
          "vocabularySize": 9, "hiddenSize": 4, "layers": 1, "heads": 2, "maxPositions": 8, "sentenceTypes": 2,
          "taskTypes": 0, "activation": "relu", "hiddenDropout": 0, "attentionDropout": 0, "initializerRange": 0.5
        }
      },
      "recurrence": { "units": 2 },
      "pooling": { "kind": "attention" },
      "guidedBy": "clip"
    }
  },
  "numClasses": 3,
  "head": "sigmoid",
  "dropout": { "rate": 0.1 }
}`;

export const LABELS = ["cat", "house", "song"];
const VOCABULARY = `[PAD]\n[CLS]\n[SEP]\n[UNK]\n${LABELS.join("\n")}\nmy\nnew\n`;
const SIZES = { frames: 5, objects: 4, sound: 3, clip: 6 };

/** A tagger of the description, with parameters that a seed decides. */
export async function manyModalitiesTagger(seed: number): Promise<VideoTagger> {
  const config = readTaggerDescription(DESCRIPTION, { file: "tagger.json" });
  const model = new MultimodalTagger(config, new RandomStream(seed));
  const text = { tokenizer: await ErnieTokenizer.fromVocabulary(VOCABULARY), vocabulary: VOCABULARY, maxLength: 6 };
  return new VideoTagger({ model, labels: LABELS, threshold: 0.3, texts: { title: text, written: text } });
}

/** One label shows in each modality that a video has; each may be missing, all but one. */
function drawVideo(random: RandomStream): { readonly label: number; readonly features: DecodedFeatures } {
  const label = random.nextInteger(LABELS.length);
  const drawn = Object.entries(SIZES).map(([name, size]): [string, SequenceRows] => {
    const rows = name === "clip" ? 1 : 1 + random.nextInteger(4);
    const data = Float32Array.from({ length: rows * size }, (_, index) => {
      return (index % size === label ? 2 : 0) + 0.3 * random.nextNormal();
    });
    return [name, { rows, size, data }];
  });
  const texts = ["title", "written"].map((name): [string, string] => [name, `my ${LABELS[label]}`]);
  const kept = random.nextInteger(drawn.length + texts.length);
  const isKept = (index: number) => index === kept || random.next() < 0.7;
  const none = { rows: 0, size: 0, data: new Float32Array(0) };
  const rows = drawn.map(([name, own], index) => [name, isKept(index) ? own : none]);
  const left = texts.map(([name, own], index) => [name, isKept(drawn.length + index) ? own : ""]);
  return { label, features: { video: "", rows: Object.fromEntries(rows), texts: Object.fromEntries(left) } };
}

/** A dataset in memory: what a file holds is drawn anew each time, the same. */
export function manyModalitiesDataset(count: number, seed: number): VideoDataset {
  const random = new RandomStream(seed);
  const videos = Array.from({ length: count }, () => drawVideo(random));
  const names = videos.map((_, index) => `video${seed}_${index}`);
  return new VideoDataset({
    name: "memory",
    accepted: videos.map(({ label, features }, index) => {
      const [fileName, title] = [`${names[index]}.mp4`, features.texts?.["title"] ?? ""];
      return { line: index + 1, fileName, title, classes: [label] };
    }),
    skipped: [],
    titleModality: "title",
    features: { read: async (name) => ({ file: name, bytes: new TextEncoder().encode(name.replace(".pkl", "")) }) },
    decode: (bytes) => {
      const name = new TextDecoder().decode(bytes);
      return { ...(videos[names.indexOf(name)]?.features as DecodedFeatures), video: name };
    },
  });
}
