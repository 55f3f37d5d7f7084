import * as tf from "@tensorflow/tfjs-core";
import { RandomStream } from "multimodal-video-tag";
import { Linear } from "multimodal-video-tag/layers";
import { serve } from "../harness/serve.ts";
import { type Form, factors, repeated } from "./factors.ts";
import { startBackend } from "./start-backend.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const [rows, depth, columns] = task["shape"] as [number, number, number];
  const form = task["form"] as Form;
  const { a, b } = factors(form, [rows, depth, columns]);
  if (form === "constant weights") {
    const layer = new Linear({ inputSize: depth, outputSize: columns, activation: "relu" }, new RandomStream(1));
    layer.kernel.assign(b);
    return { versions, ...(await repeated(() => layer.forward(a), [rows, depth, columns], [layer, a, b])) };
  }
  const attributes = { transposeA: form === "a stored transposed", transposeB: form === "b stored transposed" };
  // What the gradients of dense layers run; the engine takes the inputs as an array, which its types do not know.
  const inputs = [a, b] as unknown as tf.NamedTensorMap;
  const run = (): tf.Tensor =>
    tf.engine().runKernel<tf.Tensor[]>("MultimodalVideoTagProduct", inputs, attributes)[0] as tf.Tensor;
  return { versions, ...(await repeated(run, [rows, depth, columns], [a, b])) };
});
