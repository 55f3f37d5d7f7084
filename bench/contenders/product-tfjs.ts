import * as tf from "@tensorflow/tfjs-core";
import { serve } from "../harness/serve.ts";
import { type Form, factors, repeated } from "./factors.ts";
import { startBackend } from "./start-backend.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const shape = task["shape"] as [number, number, number];
  const form = task["form"] as Form;
  const { a, b } = factors(form, shape);
  const bias = tf.zeros([shape[2]]);
  const run = (): tf.Tensor =>
    form === "constant weights"
      ? tf.fused.matMul({ a, b, bias, activation: "relu" })
      : tf.matMul(a, b, form === "a stored transposed", form === "b stored transposed");
  return { versions, ...(await repeated(run, shape, [a, b, bias])) };
});
