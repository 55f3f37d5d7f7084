/**
 * Trains with what the original's configuration has no word for: AdamW with a warm-up, the asymmetric loss, clipping,
 * averaged weights. Usage, after `npm run demo`:
 *
 *     npx tsx examples/train-your-way.ts demo/conf-text-guided.txt my-tagger 3
 */
import { defaultBackend, saveTagger } from "multimodal-video-tag/node";
import { PaddleProject } from "multimodal-video-tag/project";
import {
  adamW,
  asymmetricLoss,
  BIASES_AND_NORMS,
  cosineDecay,
  exponentialMovingAverage,
  trainTagger,
  warmUp,
  weightDecayExcept,
} from "multimodal-video-tag/training";

const [configuration = "demo/conf-text-guided.txt", output = "my-tagger", epochs = "3"] = process.argv.slice(2);
await defaultBackend();
const project = await PaddleProject.open(configuration);
const tagger = await project.createTagger();
const trainingVideos = await project.openDataset("train");
const validationVideos = await project.openDataset("valid");
const steps = (Number(epochs) * trainingVideos.size) / 32;

const training = trainTagger({
  tagger,
  train: trainingVideos,
  valid: validationVideos,
  epochs: Number(epochs),
  batchSize: 32,
  validBatchSize: 32,
  topN: [1, 5],
  earlyStop: 5,
  seed: 1,
  optimizer: adamW({ weightDecay: weightDecayExcept(0.01, BIASES_AND_NORMS) }),
  schedule: warmUp(cosineDecay({ learningRate: 0.01, steps: Math.ceil(steps) }), { steps: Math.ceil(steps / 10) }),
  loss: asymmetricLoss(),
  maxGradientNorm: 10,
  average: exponentialMovingAverage({ decay: 0.9 }),
});
for await (const event of training) {
  if (event.kind !== "epoch") continue;
  console.log(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(3)}`, Object.fromEntries(event.evaluation.hitAtK));
  if (event.isBest) await saveTagger(tagger, output);
}
tagger.dispose();
