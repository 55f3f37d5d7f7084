/**
 * How the cost of each part grows: with the length of titles and of videos, with the batch, and with the labels.
 *
 *     npm run growth --prefix bench
 */
import { RandomStream } from "multimodal-video-tag";
import { runContests } from "./harness/workload.ts";
import { ernieFiles } from "./inputs/ernie.ts";
import { lstmFiles } from "./inputs/lstm.ts";

await runContests("growth", async ({ smoke }) => {
  const ernie = await ernieFiles({ small: smoke });
  const random = new RandomStream(3);
  const titles = (count: number, length: number): number[][] =>
    Array.from({ length: count }, () =>
      Array.from({ length }, () => 1 + random.nextInteger(ernie.config.vocabularySize - 1)),
    );
  const sizes = smoke ? { inputSize: 8, units: 4 } : { inputSize: 2048, units: 512 };
  const lstm = async (batch: number, time: number): Promise<object> => ({
    ...(await lstmFiles({ ...sizes, batch, time })),
    training: true,
  });
  const shared = { unit: "ms", rounds: 3 } as const;
  const encoder = [{ name: "ours", program: "encoder-ours.ts", options: { ...ernie, kernels: true } }];
  const recurrence = [{ name: "ours", program: "lstm-ours.ts", options: { kernels: true } }];
  const head = [{ name: "ours", program: "head-ours.ts", options: { kernels: true } }];
  const times = smoke ? [2, 4] : [15, 30, 60, 120, 240];
  const batches = smoke ? [1, 2] : [1, 4, 16, 64];
  return [
    {
      ...{ ...shared, title: "ERNIE-base on one title of so many tokens", contenders: encoder },
      cases: [5, 10, 20, 50].map((length) => ({ name: `${length}`, task: { titles: titles(1, length) } })),
    },
    {
      ...{ ...shared, title: "ERNIE-base on so many titles of 20 tokens", contenders: encoder },
      cases: [1, 2, 8, 32].map((count) => ({ name: `${count}`, task: { titles: titles(count, 20) } })),
    },
    {
      ...{
        ...shared,
        title: "A training step of the image's LSTM, batch 16, over so many frames",
        contenders: recurrence,
      },
      cases: await Promise.all(times.map(async (time) => ({ name: `${time}`, task: { ...(await lstm(16, time)) } }))),
    },
    {
      ...{
        ...shared,
        title: "A training step of the image's LSTM, 60 frames, of so many videos",
        contenders: recurrence,
      },
      cases: await Promise.all(
        batches.map(async (batch) => ({ name: `${batch}`, task: { ...(await lstm(batch, smoke ? 2 : 60)) } })),
      ),
    },
    {
      ...{
        ...shared,
        title: "Forward, backward and loss of the head, batch 16, with so many labels",
        contenders: head,
      },
      cases: [110, 1000, 3862, 10_000].map((labels) => ({ name: `${labels}`, task: { labels } })),
    },
  ];
});
