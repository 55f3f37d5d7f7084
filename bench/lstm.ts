/**
 * A bidirectional LSTM at the sizes of the model's image and audio, forward and a training step: ours beside tf.layers,
 * onnxruntime and PyTorch.
 *
 *     npm run lstm --prefix bench
 */

import { ours } from "./harness/ours.ts";
import type { Case, Contest } from "./harness/take-turns.ts";
import { runContests } from "./harness/workload.ts";
import { lstmFiles } from "./inputs/lstm.ts";

await runContests("lstm", async ({ smoke }) => {
  const branches = smoke
    ? ([["small", 8, 4, [3]]] as const)
    : ([
        ["image", 2048, 512, [60, 100]],
        ["audio", 128, 128, [60, 100]],
      ] as const);
  const contests: Contest[] = [];
  for (const [branch, inputSize, units, times] of branches) {
    const cases: Case[] = [];
    for (const training of [false, true]) {
      for (const time of times) {
        const files = await lstmFiles({ inputSize, units, batch: 16, time });
        cases.push({ name: `${training ? "training step" : "forward"}, T ${time}`, task: { ...files, training } });
      }
    }
    contests.push({
      title: `Bidirectional LSTM of the ${branch}, batch 16, ${inputSize} -> 2 x ${units}`,
      unit: "ms",
      cases,
      contenders: [
        ...ours("lstm-ours.ts"),
        { name: "tf.layers", program: "lstm-tf-layers.ts" },
        { name: "onnxruntime-web", program: "lstm-onnxruntime.ts", options: { engine: "web" } },
        { name: "onnxruntime-node", program: "lstm-onnxruntime.ts", options: { engine: "node" } },
        { name: "PyTorch", program: "lstm_pytorch.py" },
        { name: "PyTorch, 2 threads", program: "lstm_pytorch.py", threads: 2 },
      ],
      rounds: 3,
      tolerance: 1e-3,
      notes: ["A training step is the forward pass and the gradients of all weights, without those of the features."],
    });
  }
  return contests;
});
