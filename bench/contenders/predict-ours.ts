/** Tags all videos of a list from files, and prints how long it took and the peak of its memory. */
import { loadTagger } from "multimodal-video-tag/node";
import { openDataset } from "multimodal-video-tag/project";
import { startBackend } from "./start-backend.ts";

const [tagger = "", list = "", features = ""] = process.argv.slice(2);
const begin = performance.now();
await startBackend({ kernels: true });
const loaded = await loadTagger(tagger);
const ready = performance.now();
let videos = 0;
for await (const _ of loaded.tagAll(await openDataset({ list, features }))) videos++;
const end = performance.now();
const peak = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ videos, load: (ready - begin) / 1000, predict: (end - ready) / 1000, peak }));
