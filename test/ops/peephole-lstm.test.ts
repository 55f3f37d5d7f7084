import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { sequenceMask } from "../../src/core/sequence-batch.ts";
import { peepholeLstm, peepholeLstmStates, type RecurrentDirection } from "../../src/ops/peephole-lstm.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectClose, expectGradients, expectNoLeak, randomTensor } from "../support/tensors.ts";

const lengths = [3, 5, 1];
const units = 2;
const time = 5;

/** The recurrence in plain numbers, one sequence and one direction at a time: what the operation must equal. */
function oracle(
  projected: number[][],
  kernel: number[][],
  peephole: number[],
  reverse: boolean,
): { hidden: number[][]; cell: number[][] } {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  let hidden: number[] = new Array(units).fill(0);
  let cell: number[] = new Array(units).fill(0);
  const result = { hidden: [] as number[][], cell: [] as number[][] };
  for (const row of reverse ? projected.toReversed() : projected) {
    const sums = row.map(
      (x, column) => x + hidden.reduce((sum, h, unit) => sum + h * (kernel[unit]?.[column] ?? 0), 0),
    );
    const next: number[] = [];
    const out: number[] = [];
    for (let unit = 0; unit < units; unit++) {
      const [g, i, f, o] = [0, 1, 2, 3].map((gate) => sums[gate * units + unit] ?? 0) as [
        number,
        number,
        number,
        number,
      ];
      const [wi, wf, wo] = [0, 1, 2].map((gate) => peephole[gate * units + unit] ?? 0) as [number, number, number];
      const before = cell[unit] ?? 0;
      const c = sigmoid(f + wf * before) * before + sigmoid(i + wi * before) * Math.tanh(g);
      next.push(c);
      out.push(sigmoid(o + wo * c) * Math.tanh(c));
    }
    hidden = out;
    cell = next;
    result.hidden.push(out);
    result.cell.push(next);
  }
  if (reverse) {
    result.hidden.reverse();
    result.cell.reverse();
  }
  return result;
}

function randomDirection(random: RandomStream, reverse: boolean): RecurrentDirection {
  return {
    projected: randomTensor<tf.Rank.R3>([lengths.length, time, 4 * units], random),
    recurrentKernel: randomTensor<tf.Rank.R2>([units, 4 * units], random),
    peephole: randomTensor<tf.Rank.R1>([3 * units], random),
    reverse,
  };
}

describeOnBackends("peepholeLstm", () => {
  test.each([[[false]], [[true]], [[false, true]]])("equals the plain recurrence with reverse %j", async (reverse) => {
    const random = new RandomStream(7);
    const directions = reverse.map((each) => randomDirection(random, each));
    const states = peepholeLstmStates(directions, sequenceMask(lengths, time));
    for (const name of ["hidden", "cell"] as const) {
      const expected = new Float32Array(lengths.length * time * directions.length * units);
      for (const [index, direction] of directions.entries()) {
        const projected = (await direction.projected.array()) as number[][][];
        const kernel = (await direction.recurrentKernel.array()) as number[][];
        const peephole = (await direction.peephole.array()) as number[];
        for (const [video, length] of lengths.entries()) {
          const rows = oracle(projected[video]?.slice(0, length) ?? [], kernel, peephole, direction.reverse)[name];
          for (const [step, row] of rows.entries()) {
            expected.set(row, ((video * time + step) * directions.length + index) * units);
          }
        }
      }
      expectClose(await states[name].data(), expected, 1e-6, name);
    }
  });

  test("has the gradient of its formula, for hidden and for cell states", async () => {
    const random = new RandomStream(8);
    const directions = [randomDirection(random, false), randomDirection(random, true)];
    const mask = sequenceMask(lengths, time);
    const weights = randomTensor<tf.Rank.R3>([lengths.length, time, 2 * units], random);
    const inputs = directions.flatMap(({ projected, recurrentKernel, peephole }) => [
      projected,
      recurrentKernel,
      peephole,
    ]);
    const names = ["forward", "reverse"].flatMap((name) => [`${name} projected`, `${name} kernel`, `${name} peephole`]);
    const outputs = {
      "hidden alone": peepholeLstm,
      hidden: (...given: Parameters<typeof peepholeLstm>) => peepholeLstmStates(...given).hidden,
      cell: (...given: Parameters<typeof peepholeLstm>) => peepholeLstmStates(...given).cell,
    };
    for (const [output, run] of Object.entries(outputs)) {
      await expectGradients(
        (...moved) => {
          const movedDirections = [0, 1].map((index) => ({
            projected: moved[3 * index] as tf.Tensor3D,
            recurrentKernel: moved[3 * index + 1] as tf.Tensor2D,
            peephole: moved[3 * index + 2] as tf.Tensor1D,
            reverse: index === 1,
          }));
          return tf.sum(tf.mul(run(movedDirections, mask), weights)) as tf.Scalar;
        },
        inputs,
        names.map((name) => `${name} by ${output}`),
      );
    }
  });

  test("leaves no tensor behind", async () => {
    const random = new RandomStream(9);
    const directions = [randomDirection(random, false), randomDirection(random, true)];
    const mask = sequenceMask(lengths, time);
    await expectNoLeak(() => {
      const { hidden, cell } = peepholeLstmStates(directions, mask);
      expect(hidden.shape).toEqual([lengths.length, time, 2 * units]);
      tf.dispose([hidden, cell]);
    });
    await expectNoLeak(() => {
      const gradient = tf.grad((kernel: tf.Tensor) => {
        const moved = directions.map((direction) => ({ ...direction, recurrentKernel: kernel as tf.Tensor2D }));
        return tf.sum(peepholeLstm(moved, mask));
      });
      gradient(directions[0]?.recurrentKernel as tf.Tensor2D).dispose();
    });
  });
});
