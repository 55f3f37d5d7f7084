/**
 * Tags over HTTP: a trained tagger's folder, a port, a number of threads.
 *
 *     npm run demo && npx tsx examples/service/main.ts demo/text-guided/best 8080 2
 *     curl --data-binary @demo/datasets/feature_files/val_0001.pkl -H 'content-type: application/octet-stream' \
 *       'localhost:8080/tags?title=best%20music'
 *
 * SIGTERM and Ctrl-C let what is under way end. When no thread can tag any more it ends by itself, with exit code 1.
 */

import { registerKernels } from "multimodal-video-tag/kernels";
import { defaultBackend, loadTagger } from "multimodal-video-tag/node";
import { createService } from "./service.ts";

const [folder = "demo/text-guided/best", port = "8080", threads = "2"] = process.argv.slice(2);

registerKernels();
const backend = await defaultBackend();
const service = createService(await loadTagger(folder), {
  threads: Number(threads),
  onLost: (error) => {
    process.stderr.write(`No thread can be started any more: ${error}\n`);
    process.exitCode = 1;
    service.close();
  },
});
const address = await service.listen({ port: Number(port), host: "127.0.0.1" });
process.stderr.write(`Tags at ${address}/tags, on ${backend}.\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    process.stderr.write(`${signal}: closing.\n`);
    service.close();
  });
}
