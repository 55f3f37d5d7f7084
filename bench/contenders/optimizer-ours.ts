import * as tf from "@tensorflow/tfjs-core";
import { adamW, rmsProp } from "multimodal-video-tag/training";
import { serve } from "../harness/serve.ts";
import { gradientsAndParameters } from "./parameters.ts";
import { startBackend } from "./start-backend.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const { parameters, gradients } = gradientsAndParameters(task);
  const optimizer =
    task["rule"] === "AdamW"
      ? adamW({ weightDecay: () => 0.01 })
      : rmsProp({ rho: 0.95, epsilon: 1e-6, weightDecay: () => 8e-4 });
  const state = optimizer.init(parameters);
  return {
    versions,
    run: () => optimizer.update(parameters, gradients, state, 1e-6),
    dispose: () => tf.dispose([...parameters.values(), ...gradients.values(), ...state.values()]),
  };
});
