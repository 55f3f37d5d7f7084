/**
 * Products of matrices as dense layers and their gradients need them: ours beside TensorFlow.js's own.
 *
 *     npm run products --prefix bench
 */
import { ours } from "./harness/ours.ts";
import { runContests } from "./harness/workload.ts";

await runContests("products", ({ smoke }) => {
  const shapes = smoke
    ? [[3, 8, 12]]
    : [
        [16, 512, 2048],
        [50, 768, 768],
        [400, 768, 3072],
        [960, 2048, 2048],
      ];
  return (["constant weights", "a stored transposed", "b stored transposed"] as const).map((form) => ({
    title: `Product of [m, k] and [k, n], ${form}${form === "constant weights" ? ", with bias and relu" : ""}`,
    unit: "ms",
    cases: shapes.map((shape) => ({ name: shape.join(" x "), task: { shape, form } })),
    contenders: [
      ...ours("product-ours.ts").filter(({ name }) => name !== "ours, without kernels"),
      { name: "tfjs", program: "product-tfjs.ts" },
    ],
    tolerance: 1e-4,
  }));
});
