/**
 * A training step and an epoch of the full-size model, ERNIE frozen and its output cached: ours beside the original's
 * graph on PaddlePaddle, as installed and with its matrix library on the fast path that it keeps from AMD's processors.
 *
 *     npm run train-step --prefix bench
 */
import type { Contender } from "./harness/contender.ts";
import { ours } from "./harness/ours.ts";
import { runContests } from "./harness/workload.ts";
import { fullSizeFiles, videoList } from "./inputs/full-size.ts";

const BATCH = 16;

await runContests("train-step", async ({ smoke }) => {
  const files = await fullSizeFiles({ small: smoke });
  const videos = smoke ? BATCH : 4 * BATCH;
  const [batchList, list, valid] = [BATCH, videos, 1].map((count) => videoList(count, files)) as [
    string,
    string,
    string,
  ];
  const ourOnes = ours("train-step-ours.ts", files);
  const paddle: Contender = { name: "the original's graph, as installed", program: "train_step_paddle.py" };
  const fast: Contender = {
    ...{ ...paddle, name: "the original's graph, fast path" },
    environment: { MKL_DEBUG_CPU_TYPE: "5" },
  };
  return [
    {
      title: "Training the full-size model: batch 16, 30 to 60 frames a video, 110 labels, frozen ERNIE-base",
      unit: "s",
      cases: [
        { name: "a step", task: { list: batchList, videos: BATCH } },
        { name: `an epoch of ${videos} videos`, task: { list, valid, videos, epoch: true } },
      ],
      contenders: [
        ...ourOnes,
        paddle,
        fast,
        ...[paddle, fast].map((contender) => ({ ...contender, name: `${contender.name}, 2 threads`, threads: 2 })),
      ],
      rounds: 3,
      notes: [
        "Ours has the titles' encodings in its cache, and reads an epoch's features from files. The original runs ERNIE at every step.",
      ],
    },
    {
      title: "Parts of a step, each alone",
      unit: "ms",
      cases: (["image", "audio", "text"] as const).flatMap((modality) =>
        [false, true].map((backward) => ({
          name: `${modality} ${backward ? "forward and backward" : "forward"}`,
          task: { list: batchList, part: { modality, backward } },
        })),
      ),
      contenders: ourOnes,
      rounds: 3,
    },
  ];
});
