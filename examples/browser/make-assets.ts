/**
 * Makes what the page brings along of what the demo left: the tagger, and the first validation videos that have a title
 * and sound. Beside each video stands what its rows show, which no feature file tells.
 *
 *     npm run demo && npx tsx examples/browser/make-assets.ts demo
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFeatureFile } from "../../src/formats/index.ts";
import { RandomStream } from "../../src/index.ts";
import { LABELS, PlantedWorld } from "../../src/planted/planted-world.ts";
import type { SampleVideo } from "./src/sample-videos.ts";

const VIDEOS = 6;
/** The world that the demo draws unless it is told otherwise, and the stream of its validation videos. */
const WORLD = 21;
const VALIDATION_SEED = WORLD * 100 + 2;

const [demo = "demo"] = process.argv.slice(2);
const assets = join(import.meta.dirname, "public");
await rm(join(assets, "tagger"), { recursive: true, force: true });
await rm(join(assets, "videos"), { recursive: true, force: true });
await cp(join(demo, "text-guided", "best"), join(assets, "tagger"), { recursive: true });
await mkdir(join(assets, "videos"));

const world = new PlantedWorld(WORLD);
const random = new RandomStream(VALIDATION_SEED);
const samples: SampleVideo[] = [];
for (let index = 0; samples.length < VIDEOS; index++) {
  const { title, classes, image, audio, imageClasses, audioClasses } = world.drawVideo(random);
  if (title === "" || audio.rows === 0) continue;
  const labelOf = (index: number | undefined) => (index === undefined ? null : (LABELS[index] as string));
  const name = `val_${String(index).padStart(4, "0")}`;
  const bytes = writeFeatureFile({ video: `${name}.mp4`, image, audio });
  if (!(await readFile(join(demo, "datasets", "feature_files", `${name}.pkl`))).equals(bytes)) {
    throw new Error(`${demo} shows another world than this script draws.`);
  }
  await writeFile(join(assets, "videos", `${name}.pkl`), bytes);
  samples.push({
    file: `${name}.pkl`,
    title,
    labels: classes.map((index) => LABELS[index] as string),
    image: imageClasses.map(labelOf),
    audio: audioClasses.map(labelOf),
  });
}
await writeFile(join(assets, "videos", "samples.json"), `${JSON.stringify(samples, null, 1)}\n`);
console.log(`${assets}: ${(await readdir(assets, { recursive: true })).join(", ")}`);
