import * as tf from "@tensorflow/tfjs-core";
import { loadState, sequenceMask } from "multimodal-video-tag";
import { BidirectionalLstm } from "multimodal-video-tag/layers";
import { computeGradients } from "multimodal-video-tag/training";
import { serve } from "../harness/serve.ts";
import { readLstm } from "./read-tensors.ts";
import { startBackend } from "./start-backend.ts";

await serve(async (task) => {
  const versions = await startBackend(task);
  const { x, units, state } = readLstm(String(task["file"]));
  const [batch, time, inputSize] = x.shape;
  const lstm = new BidirectionalLstm({ inputSize, units }, null);
  loadState(lstm, state);
  const values = tf.tensor3d(x.data, x.shape);
  const sequence = { values, mask: sequenceMask(Array(batch).fill(time), time) };
  const forward = async (): Promise<Float32Array> => {
    const hidden = lstm.forward(sequence);
    const data = (await hidden.data()) as Float32Array;
    hidden.dispose();
    return data;
  };
  const parameters = lstm.parameters();
  const step = async (): Promise<void> => {
    const { loss, gradients } = computeGradients(() => tf.sum(lstm.forward(sequence)) as tf.Scalar, parameters);
    await Promise.all([...gradients.values()].map((gradient) => gradient.data()));
    tf.dispose([loss, ...gradients.values()]);
  };
  const results = Array.from((await forward()).slice(-16));
  return {
    versions,
    results,
    run: task["training"] ? step : forward,
    dispose() {
      lstm.dispose();
      tf.dispose(sequence);
    },
  };
});
