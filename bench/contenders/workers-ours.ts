import { readFileSync } from "node:fs";
import { loadTagger, startWorkers } from "multimodal-video-tag/node";
import { openDataset } from "multimodal-video-tag/project";
import type { VideoTagger } from "multimodal-video-tag/tagging";
import { serve } from "../harness/serve.ts";
import { BATCH, epochs } from "./epochs.ts";
import { startBackend } from "./start-backend.ts";
import { busiestOf, threadSeconds } from "./thread-seconds.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const [list, features, valid] = [task["list"], task["features"], task["valid"]].map(String) as [
    string,
    string,
    string,
  ];
  const labels: string[] = JSON.parse(readFileSync(String(task["labels"]), "utf8"));
  const tagger = await loadTagger(String(task["tagger"]));
  const count = Number(task["workers"]);
  const pool = count > 1 ? await startWorkers(tagger, { workers: count }) : undefined;
  const dataset = await openDataset({ list, features, labels });
  const predict = async (): Promise<void> => {
    const by: Pick<VideoTagger, "tagAll"> = pool ?? tagger;
    for await (const _ of by.tagAll(dataset, { batchSize: BATCH }));
  };
  const train = epochs(tagger, { train: dataset, valid: await openDataset({ list: valid, features, labels }) }, pool);
  return {
    versions,
    async run() {
      const before = threadSeconds();
      await (task["training"] ? train() : predict());
      return { processorSeconds: busiestOf(before, threadSeconds()) };
    },
    dispose() {
      void pool?.close();
      tagger.dispose();
    },
  };
});
