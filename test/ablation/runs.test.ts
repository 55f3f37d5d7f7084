import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { attentionMass, measure } from "../../ablation/measurement.ts";
import { makeModel } from "../../ablation/models.ts";
import { FULL_PLAN, ROWS, type Setting } from "../../ablation/plan.ts";
import { plantedData } from "../../ablation/planted-data.ts";
import type { Result } from "../../ablation/results.ts";
import { runOnce } from "../../ablation/run.ts";
import { collate } from "../../ablation/training.ts";
import { RandomStream } from "../../src/core/random-stream.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose } from "../support/tensors.ts";

const setting: Setting = { ...FULL_PLAN.setting, trainVideos: 32, validVideos: 70, epochs: 1, batchSize: 12 };
const drawn = (): ReturnType<typeof plantedData> => plantedData(1, setting.world, { train: 32, valid: 70 });

/** All that does not depend on the machine's haste. */
function outcome({ seconds, processorSeconds, ...rest }: Result): Partial<Result> {
  expect(Math.min(seconds, processorSeconds)).toBeGreaterThan(0);
  return rest;
}

test("attention mass sums the weights by what the rows show", () => {
  const kinds = ["noise", "label", "distractor", "label"] as const;
  expect(attentionMass([0.125, 0.25, 0.5, 0.125], kinds)).toEqual({ label: 0.375, distractor: 0.5, noise: 0.125 });
});

describeOnBackends("a run of the ablation", () => {
  test("gives the same for the same seed, another for another, and leaves no tensor", async () => {
    const data = await drawn();
    const before = tf.memory().numTensors;
    const run = (seed: number, epochs = 1): Promise<Result> =>
      runOnce({ world: 1, row: "all, TextCNN, text-guided", seed }, data, { ...setting, epochs });
    const [first, again, other, longer] = [await run(1), await run(1), await run(2), await run(1, 4)];
    expect(tf.memory().numTensors).toBe(before);
    expect(outcome(again)).toEqual(outcome(first));
    expect(other.loss).not.toBe(first.loss);
    expect(longer.loss).toBeLessThan(0.8 * first.loss);
    expect(first).toMatchObject({ world: 1, row: "all, TextCNN, text-guided", seed: 1, setting });
  });

  test("tells which videos were hit, and where the attention lay", async () => {
    const data = await drawn();
    const model = makeModel(ROWS["image + audio"], setting, data.encoder, new RandomStream(3));
    const { hits, attention, attentionWithoutTitle } = await measure(model, ROWS["image + audio"], data.valid);
    const output = model.forward(collate(data.valid, ROWS["image + audio"]));
    const scores = (await output.probabilities.array()) as number[][];
    const expected = data.valid.map(({ classes }, video) => {
      const ranking = [...Array(24).keys()].sort((a, b) => (scores[video]?.[b] ?? 0) - (scores[video]?.[a] ?? 0));
      const place = ranking.findIndex((label) => classes.includes(label));
      return ["1", "2"][place] ?? "-";
    });
    expect(hits).toBe(expected.join(""));
    expect(new Set(hits).size).toBeGreaterThan(1);
    for (const modality of ["image", "audio"] as const) {
      const weights = (await output.attention[modality]?.array()) as number[][];
      for (const [got, only] of [
        [attention, () => true],
        [attentionWithoutTitle, ({ title }: { title: string }) => title === ""],
      ] as const) {
        const rows = data.valid.map((video) => (modality === "image" ? video.imageRows : video.audioRows));
        const chosen = rows.flatMap((kinds, video) =>
          kinds.length > 0 && only(data.valid[video] as never) ? [{ kinds, weights: weights[video] as number[] }] : [],
        );
        const mean = (kind: string): number =>
          chosen.reduce((sum, { kinds, weights }) => {
            return sum + weights.reduce((own, weight, row) => own + (kinds[row] === kind ? weight : 0), 0);
          }, 0) / chosen.length;
        const mass = got[modality];
        expectClose(
          [mass?.label, mass?.distractor, mass?.noise] as number[],
          ["label", "distractor", "noise"].map(mean),
          1e-6,
        );
      }
    }
  });
}, ["wasm"]);
