/**
 * An optimizer's step over 20 million parameters: ours with kernels and composed of TensorFlow.js's operations, beside
 * tf.train and PyTorch.
 *
 *     npm run optimizer --prefix bench
 */
import { ours } from "./harness/ours.ts";
import { runContests } from "./harness/workload.ts";

await runContests("optimizer", ({ smoke }) => {
  const count = smoke ? 2000 : 20_000_000;
  return [
    {
      title: `A step over ${count.toLocaleString("en-US")} parameters`,
      unit: "ms",
      cases: ["RMSProp, centered, L2", "AdamW"].map((name) => ({
        name,
        task: { count, rule: name.split(",")[0] },
      })),
      contenders: [
        ...ours("optimizer-ours.ts"),
        { name: "tf.train", program: "optimizer-tfjs.ts" },
        { name: "PyTorch", program: "optimizer_pytorch.py" },
      ],
    },
  ];
});
