import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { RandomStream } from "multimodal-video-tag";
import { writeFeatureFile } from "multimodal-video-tag/formats";
import { ernieBase, MultimodalTagger, multimodalVideoTag, multimodalVideoTagOf } from "multimodal-video-tag/models";
import { saveTagger, useBackend } from "multimodal-video-tag/node";
import { VideoTagger } from "multimodal-video-tag/tagging";
import { cachePath, writeCached } from "./cache.ts";
import { naturalTitles } from "./texts.ts";

/** Videos whose features differ; longer lists name them again under other names and titles. */
const DIFFERENT = 100;
const FRAMES = 60;

/** A model of the published sizes with files to train and to predict from. */
export type FullSizeFiles = {
  /** A tagger that `saveTagger` saved: random weights, 110 labels. */
  readonly tagger: string;
  /** The folder of feature files: 30 to 60 rows of 2048 and of 128 values a video. */
  readonly features: string;
  /** JSON: the name of each class. */
  readonly labels: string;
};

/** @param small sizes for a smoke test */
export async function fullSizeFiles({ small = false } = {}): Promise<FullSizeFiles> {
  const name = small ? "small" : "full-size";
  const labels = Array.from({ length: 110 }, (_, index) => `label ${index}`);
  const files = {
    tagger: cachePath(`${name}/tagger`),
    features: cachePath(`${name}/features`),
    labels: writeCached(`labels.json`, JSON.stringify(labels)),
  };
  if (existsSync(`${files.tagger}/tagger.json`)) return files;
  mkdirSync(files.features, { recursive: true });
  const random = new RandomStream(1);
  const [imageSize, audioSize] = small ? [16, 8] : [2048, 128];
  const rows = (size: number) => {
    const rows = FRAMES / 2 + random.nextInteger(FRAMES / 2 + 1);
    return { rows, size, data: Float32Array.from({ length: rows * size }, () => random.nextNormal()) };
  };
  for (let index = 0; index < (small ? 10 : DIFFERENT); index++) {
    const video = `video_${index}`;
    const file = writeFeatureFile({ video, image: rows(imageSize), audio: rows(audioSize) });
    writeFileSync(`${files.features}/${video}.pkl`, file);
  }
  await useBackend("cpu");
  const numClasses = labels.length;
  const smaller = multimodalVideoTagOf({
    image: { size: imageSize, units: 8 },
    audio: { size: audioSize, units: 8 },
    text: {
      encoder: { ...ernieBase(), hiddenSize: 64, layers: 1, heads: 4, vocabularySize: 3000 },
      training: "frozen",
      filters: 8,
    },
    isTextGuided: true,
    numClasses,
    head: "sigmoid",
    dropoutRate: 0.5,
  });
  const model = new MultimodalTagger(small ? smaller : multimodalVideoTag({ numClasses }), random);
  const { vocabulary: file, maxLength } = naturalTitles(1);
  const vocabulary = readFileSync(file, "utf8");
  const tokenizer = await ErnieTokenizer.fromVocabulary(vocabulary);
  const tagger = new VideoTagger({ model, labels, texts: { text: { tokenizer, vocabulary, maxLength } } });
  await saveTagger(tagger, files.tagger);
  tagger.dispose();
  return files;
}

/** A list file of so many videos, each with a name, a title and one to three labels of its own. */
export function videoList(count: number, { features }: FullSizeFiles): string {
  const titles: string[] = JSON.parse(readFileSync(naturalTitles(count).texts, "utf8"));
  const random = new RandomStream(count);
  const different = existsSync(`${features}/video_${DIFFERENT - 1}.pkl`) ? DIFFERENT : 10;
  const lines = titles.map((title, index) => {
    const labels = new Set(Array.from({ length: 1 + random.nextInteger(3) }, () => `label ${random.nextInteger(110)}`));
    const video = `https://${Math.floor(index / different)}.example/video_${index % different}.mp4`;
    return `${video}\t${title}\t${[...labels].join(",")}\n`;
  });
  return writeCached(`videos-${count}.txt`, lines.join(""));
}
