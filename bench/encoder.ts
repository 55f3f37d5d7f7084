/**
 * ERNIE-base encodes titles: ours beside onnxruntime (node and web), Transformers.js and PyTorch.
 *
 *     npm run encoder --prefix bench
 */
import { RandomStream } from "multimodal-video-tag";
import { ours } from "./harness/ours.ts";
import type { Case } from "./harness/take-turns.ts";
import { runContests } from "./harness/workload.ts";
import { ernieFiles } from "./inputs/ernie.ts";
import { titleLengths } from "./inputs/texts.ts";

await runContests("encoder", async ({ smoke }) => {
  const { config, weights, folder } = await ernieFiles({ small: smoke });
  const random = new RandomStream(3);
  const title = (length: number): number[] =>
    Array.from({ length }, () => 1 + random.nextInteger(config.vocabularySize - 1));
  const lengths = titleLengths(32);
  const work = (name: string, lengths: readonly number[]): Case => ({ name, task: { titles: lengths.map(title) } });
  const files = { config, weights, folder };
  const native = {
    ...{ name: "onnxruntime-node", program: "encoder-onnxruntime.ts" },
    options: { ...files, engine: "node" },
  };
  const pytorch = { name: "PyTorch", program: "encoder_pytorch.py", options: files };
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return [
    {
      title: `ERNIE-base on titles: natural lengths (${mean.toFixed(1)} tokens in the mean), and 50 tokens each`,
      unit: "ms",
      cases: [
        work("1 title of 20", [20]),
        work("8 natural", lengths.slice(0, 8)),
        work("32 natural", lengths),
        work("1 of 50", [50]),
        work("8 of 50", Array(8).fill(50)),
        work("32 of 50", Array(32).fill(50)),
      ],
      contenders: [
        ...ours("encoder-ours.ts", files),
        { name: "onnxruntime-web", program: "encoder-onnxruntime.ts", options: { ...files, engine: "web" } },
        ...[native, { ...native, name: `${native.name}, 2 threads`, threads: 2 }],
        { name: "@huggingface/transformers", program: "encoder-transformers.ts", options: files },
        ...[pytorch, { ...pytorch, name: `${pytorch.name}, 2 threads`, threads: 2 }],
      ],
      rounds: 3,
      tolerance: 1e-3,
      notes: ["Ours takes titles of one length together; the others pad them to the longest, as their users do."],
    },
  ];
});
