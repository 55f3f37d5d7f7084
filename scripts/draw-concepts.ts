/**
 * Draws the pictures of docs/concepts.md out of the library itself: a layer, and the tagger of the browser page's demo.
 *
 *     npx tsx scripts/draw-concepts.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { padSequences, RandomStream } from "multimodal-video-tag";
import { decodeFeatureFile } from "multimodal-video-tag/data";
import { BidirectionalLstm } from "multimodal-video-tag/layers";
import { loadTagger, useBackend } from "multimodal-video-tag/node";
import type { SampleVideo } from "../examples/browser/src/sample-videos.ts";
import { bars, timeline } from "../examples/notebooks/plots.ts";

const assets = join(import.meta.dirname, "../examples/browser/public");
/** With its title for those who do not see it. */
async function draw(name: string, title: string, plot: (title: string) => string): Promise<void> {
  const svg = plot(title).replace(">", `><title>${title}</title>`);
  await writeFile(join(import.meta.dirname, "../docs/pictures", name), `${svg}\n`);
}

await useBackend("wasm");

const lengths = [12, 7, 10];
const random = new RandomStream(7);
const sequences = lengths.map((rows) => {
  return { rows, size: 4, data: Float32Array.from({ length: rows * 4 }, () => random.nextNormal()) };
});
const states = new BidirectionalLstm({ inputSize: 4, units: 6 }, random).forward(padSequences(sequences, 4));
const sizes = (await tf.norm(states, "euclidean", 2).array()) as number[][];
const ownRows = sizes.map((values, index) => {
  const length = lengths[index] as number;
  return { name: `${length} rows`, values: values.map((value, row) => (row < length ? value : undefined)) };
});
await draw("ragged-sequences.svg", "The size of an LSTM's state at each row; grey is padding", (title) =>
  timeline(title, ownRows),
);

const tagger = await loadTagger(join(assets, "tagger"));
const file = "val_0004.pkl";
const { rows: features } = decodeFeatureFile(await readFile(join(assets, "videos", file)), { file });
const samples = JSON.parse(await readFile(join(assets, "videos/samples.json"), "utf8")) as readonly SampleVideo[];
const { title, image: scenes } = samples.find((sample) => sample.file === file) as SampleVideo;

// "music house", "music cat" and "house music", each in words of its own.
const titles = [title, "song kitten today", "my home melody"];
const letters = new Map(
  [...new Set(scenes.filter((scene) => scene !== null))].map((scene, index) => [scene, "ABC"[index]]),
);
const marks = scenes.map((scene) => (scene === null ? "." : letters.get(scene))).join("");
const tagged = await tagger.tag(titles.map((title) => ({ texts: { text: title }, rows: features })));
const rows = tagged.map(({ attention }, index) => {
  return { name: titles[index] as string, values: [...(attention["image"] as Float32Array)], marks };
});
await draw("guided-attention.svg", "One video, three titles: where the attention lies among its frames", (title) =>
  timeline(title, rows),
);

const label = tagger.labels.indexOf("music house/night/quiet");
const lacking = [
  { texts: { text: title }, rows: features },
  { rows: features },
  { texts: { text: title }, rows: { ...features, audio: undefined } },
  { texts: { text: title }, rows: { ...features, image: undefined } },
];
const scores = (await tagger.tag(lacking)).map(({ scores }) => scores[label] as number);
const names = ["everything", "without the title", "without the sound", "without the frames"];
const named = names.map((name, index) => ({ name, value: scores[index] as number }));
await draw("missing-modalities.svg", "The score of a true label, by what the video has", (title) => bars(title, named));
