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
  // What the gradients of dense layers run, given as src/core/composed-kernel.ts gives it to the engine: the inputs as an
  // array, their names beside the attributes. The engine's types know neither.
  const inputs = [a, b] as unknown as tf.NamedTensorMap;
  const attributes = { transposeA: form === "a stored transposed", transposeB: form === "b stored transposed" };
  const call = { inputs: { a, b }, attributes } as unknown as tf.NamedAttrMap;
  const run = (): tf.Tensor =>
    tf.engine().runKernel<tf.Tensor[]>("MultimodalVideoTagProduct", inputs, call)[0] as tf.Tensor;
  return { versions, ...(await repeated(run, [rows, depth, columns], [a, b])) };
});
