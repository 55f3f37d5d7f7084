import * as tf from "@tensorflow/tfjs";
import { serve } from "../harness/serve.ts";
import { readLstm } from "./read-tensors.ts";
import { startBackend } from "./start-backend.ts";

/** A training step takes a minute, in proportion to the steps of time: so many stand for all of them. */
const TRAINED_STEPS = 4;

await serve(async (task) => {
  const versions = await startBackend(task);
  const { x: input, units, state } = readLstm(String(task["file"]));
  const [batch, allSteps, inputSize] = input.shape;
  const isTraining = task["training"] === true && allSteps > TRAINED_STEPS;
  const time = isTraining ? TRAINED_STEPS : allSteps;
  const config = { units, returnSequences: true, recurrentActivation: "sigmoid" } as const;
  const layer = tf.layers.bidirectional({ layer: tf.layers.lstm(config), mergeMode: "concat" } as never);
  layer.build([batch, time, inputSize]);
  /** Ours has the blocks candidate, input, forget, output; tf.layers has input, forget, candidate, output. */
  const reordered = (path: string): tf.Tensor => {
    const { shape, data } = state.get(path) as { shape: number[]; data: Float32Array };
    const [candidate, input, forget, output] = tf.split(tf.tensor(data, shape), 4, -1) as tf.Tensor[];
    return tf.concat([input, forget, candidate, output] as tf.Tensor[], -1);
  };
  layer.setWeights(
    tf.tidy(() =>
      ["forwards", "backwards"].flatMap((direction) =>
        ["input.kernel", "recurrentKernel", "bias"].map((name) => reordered(`${direction}.${name}`)),
      ),
    ),
  );
  const whole = tf.tensor3d(input.data, input.shape);
  const x = tf.slice(whole, [0, 0, 0], [batch, time, inputSize]);
  const forward = async (rows: tf.Tensor): Promise<Float32Array> => {
    const hidden = tf.tidy(() => layer.apply(rows) as tf.Tensor);
    const data = (await hidden.data()) as Float32Array;
    hidden.dispose();
    return data;
  };
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = async (): Promise<void> => {
    const { value, grads } = tf.variableGrads(() => tf.sum(layer.apply(x) as tf.Tensor) as tf.Scalar, variables);
    await Promise.all(Object.values(grads).map((gradient) => gradient.data()));
    tf.dispose([value, ...Object.values(grads)]);
  };
  return {
    versions,
    results: Array.from((await forward(whole)).slice(-16)),
    ...(isTraining && {
      scale: allSteps / time,
      note: `a training step is computed from one over ${time} steps of time, to which it is proportional.`,
    }),
    run: task["training"] ? step : () => forward(whole),
    dispose: () => tf.dispose([x, whole, ...variables]),
  };
});
