/**
 * Counts what a WebGPU device is asked to do, with our kernels and without: dispatches of compute shaders, and the
 * processor time that they cost on this machine, be its device a GPU or, as without one, the processor itself.
 *
 *     npm run webgpu-dispatches --prefix bench
 */
import * as tf from "@tensorflow/tfjs-core";
import { RandomStream, type SequenceBatch, sequenceMask } from "multimodal-video-tag";
import { registerKernels, unregisterKernels } from "multimodal-video-tag/kernels";
import { BidirectionalLstm } from "multimodal-video-tag/layers";
import { ErnieEncoder } from "multimodal-video-tag/models";
import { useBackend } from "multimodal-video-tag/node";
import { computeGradients } from "multimodal-video-tag/training";

await useBackend("webgpu");
const random = new RandomStream(1);
const INPUT_SIZE = 128;
const STEPS = 10;
let dispatches = 0;
const dispatch = GPUComputePassEncoder.prototype.dispatchWorkgroups;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...sizes) {
  dispatches++;
  return dispatch.apply(this, sizes);
};

interface Cost {
  readonly dispatches: number;
  /** Milliseconds until the result can be read; of the processor, all threads. */
  readonly wall: number;
  readonly processor: number;
}

/** The second run's: the first compiles shaders. */
async function cost(work: () => tf.Tensor): Promise<Cost> {
  let result: Cost | undefined;
  for (let run = 0; run < 2; run++) {
    dispatches = 0;
    const begin = performance.now();
    const used = process.cpuUsage();
    const output = work();
    await output.data();
    output.dispose();
    const { user, system } = process.cpuUsage(used);
    result = { dispatches, wall: performance.now() - begin, processor: (user + system) / 1000 };
  }
  return result as Cost;
}

function sequence(batch: number, time: number): SequenceBatch {
  const values = Float32Array.from({ length: batch * time * INPUT_SIZE }, () => random.nextNormal());
  const mask = sequenceMask(new Array(batch).fill(time), time);
  return { values: tf.tensor3d(values, [batch, time, INPUT_SIZE]), mask };
}

const encoder = new ErnieEncoder(
  {
    ...{ vocabularySize: 100, hiddenSize: 48, layers: 12, heads: 4, maxPositions: 64, sentenceTypes: 2, taskTypes: 0 },
    ...{ activation: "relu", hiddenDropout: 0, attentionDropout: 0, initializerRange: 0.02 },
  },
  random,
);
const tokens = { tokenIds: tf.zeros([1, 20], "int32") as tf.Tensor2D, mask: tf.ones([1, 20]) as tf.Tensor2D };

for (const kernels of [false, true]) {
  if (kernels) registerKernels();
  else unregisterKernels();
  console.log(kernels ? "With our kernels" : "Without");
  for (const { units, batch } of [
    { units: 8, batch: 1 },
    { units: 128, batch: 16 },
  ]) {
    const lstm = new BidirectionalLstm({ inputSize: INPUT_SIZE, units }, random);
    const works = {
      forward: (rows: SequenceBatch) => lstm.forward(rows),
      "forward and gradients": (rows: SequenceBatch) => {
        const { loss, gradients } = computeGradients(() => tf.sum(lstm.forward(rows)) as tf.Scalar, lstm.parameters());
        tf.dispose([...gradients.values()]);
        return loss;
      },
    };
    const [short, long] = [sequence(batch, 1), sequence(batch, 1 + STEPS)] as const;
    for (const [name, work] of Object.entries(works)) {
      const once = await cost(() => work(short));
      const all = await cost(() => work(long));
      const aStep = (all.dispatches - once.dispatches) / STEPS;
      const title = `BiLSTM 2 x ${units}, batch ${batch}, ${name}, T ${1 + STEPS}`;
      print(title, all, `, ${aStep.toFixed(1)} a further step`);
    }
  }
  print("ERNIE, 12 layers of 48, a title of 20 tokens", await cost(() => encoder.forward(tokens)));
}

function print(name: string, { dispatches, wall, processor }: Cost, more = ""): void {
  const times = `${Math.round(wall)} ms, ${Math.round(processor)} ms of the processor`;
  console.log(`  ${name}: ${dispatches} dispatches${more}; ${times}`);
}
