import * as tf from "@tensorflow/tfjs";
import { serve } from "../harness/serve.ts";
import { gradientsAndParameters } from "./parameters.ts";
import { startBackend } from "./start-backend.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const { parameters, gradients } = gradientsAndParameters(task);
  const isAdam = task["rule"] === "AdamW";
  const optimizer = isAdam ? tf.train.adam(1e-6) : tf.train.rmsprop(1e-6, 0.95, 0, 1e-6, true);
  const named = Object.fromEntries([...parameters].map(([path, { name }]) => [name, gradients.get(path) as tf.Tensor]));
  return {
    versions,
    note: isAdam ? "it has Adam, without decay." : "its RMSProp has no decay.",
    run: () => optimizer.applyGradients(named as never),
    dispose() {
      optimizer.dispose();
      tf.dispose([...parameters.values(), ...gradients.values()]);
    },
  };
});
