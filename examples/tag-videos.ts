/**
 * Prints the tags of videos: a trained tagger's folder, a list file, a folder of feature files.
 *
 *     npm run demo && npx tsx examples/tag-videos.ts demo/text-guided/best demo/datasets/val.txt demo/datasets/feature_files
 */
import { defaultBackend, loadTagger } from "multimodal-video-tag/node";
import { openDataset } from "multimodal-video-tag/project";

const [folder = "demo/text-guided/best", list = "demo/datasets/val.txt", features = "demo/datasets/feature_files"] =
  process.argv.slice(2);

await defaultBackend();
const tagger = await loadTagger(folder);
for await (const { video, tags } of tagger.tagAll(await openDataset({ list, features }), { threshold: 0.2 })) {
  console.log(video, tags.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(", ") || "-");
}
