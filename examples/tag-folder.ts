/**
 * Tags every feature file of a folder in two threads, without a list and without titles: a line of JSON a video. Files
 * that cannot be read are named on standard error, and make the exit code 1.
 *
 *     npm run demo && npx tsx examples/tag-folder.ts demo/text-guided/best demo/datasets/feature_files 2 > tags.jsonl
 */
import { readdir } from "node:fs/promises";
import { describeSkipped, VideoDataset } from "multimodal-video-tag/data";
import { defaultBackend, featureFolder, loadTagger, startWorkers } from "multimodal-video-tag/node";

const [folder = "demo/text-guided/best", features = "demo/datasets/feature_files", workers = "2"] =
  process.argv.slice(2);

await defaultBackend();
const tagger = await loadTagger(folder);
const files = (await readdir(features)).filter((name) => name.endsWith(".pkl")).sort();
const accepted = files.map((fileName, index) => ({
  ...{ line: index + 1, fileName, title: "" },
  ...{ classes: [] },
}));
const videos = new VideoDataset({ name: features, accepted, skipped: [], features: featureFolder(features) });

const pool = await startWorkers(tagger, { workers: Number(workers) });
tagger.dispose(); // The threads have their own.
try {
  for await (const { video, tags } of pool.tagAll(videos, { batchSize: 16, threshold: 0.3 })) {
    console.log(JSON.stringify({ video, tags }));
  }
} finally {
  await pool.close();
}
for (const skipped of videos.skipped) console.error(describeSkipped(skipped));
if (videos.skipped.length > 0) process.exitCode = 1;
