/**
 * An epoch and predictions of the full-size model in two worker threads and in one thread.
 *
 *     npm run workers --prefix bench [-- --clock cpu]
 *
 * `--clock cpu` compares the processor time of the main thread and of the busiest other one, one after the other: about what
 * a machine without other work would take.
 */
import { runContests } from "./harness/workload.ts";
import { fullSizeFiles, videoList } from "./inputs/full-size.ts";

await runContests("workers", async ({ smoke }) => {
  const files = await fullSizeFiles({ small: smoke });
  const videos = smoke ? 16 : 192;
  const task = { ...files, list: videoList(videos, files), valid: videoList(1, files) };
  const contender = (name: string, workers: number) =>
    ({ name, program: "workers-ours.ts", options: { workers, kernels: true }, threads: workers }) as const;
  return [
    {
      title: `The full-size model in two threads and in one: ${videos} videos from files, titles cached`,
      unit: "s",
      cases: [
        { name: "an epoch", task: { ...task, training: true } },
        { name: "predictions", task },
      ],
      contenders: [contender("ours, two workers", 2), contender("ours, one thread", 1)],
      rounds: 3,
    },
  ];
});
