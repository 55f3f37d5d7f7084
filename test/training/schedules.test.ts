import { describe, expect, test } from "vitest";
import { cosineDecay, linearDecay, piecewiseDecay, type Schedule, warmUp } from "../../src/training/schedules.ts";
import { readPyTorchGolden } from "../support/pytorch-golden.ts";
import { expectClose } from "../support/tensors.ts";

const golden = readPyTorchGolden<Readonly<Record<string, readonly number[]>>>("schedules.json");

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  cosine: cosineDecay({ learningRate: 0.3, steps: 8, finalLearningRate: 0.01 }),
  linear: linearDecay({ learningRate: 0.3, steps: 7, finalLearningRate: 0.03 }),
  warmUp: warmUp(() => 0.3, { steps: 5 }),
  piecewise: piecewiseDecay({ learningRate: 0.3, gamma: 0.4, boundaries: [2, 5] }),
};

describe("Schedules", () => {
  for (const [name, schedule] of Object.entries(SCHEDULES)) {
    test(`${name} gives PyTorch's rates`, () => {
      const expected = golden[name] as readonly number[];
      expect(expected.length).toBeGreaterThan(8);
      expectClose(
        expected.map((_, step) => schedule(step)),
        expected,
        1e-15,
        name,
      );
    });
  }

  test("a piecewise rate falls by gamma at each boundary, a fraction counting as the next step", () => {
    const schedule = piecewiseDecay({ learningRate: 8, gamma: 0.5, boundaries: [2, 3.5] });
    expect([0, 1, 2, 3, 4, 100].map(schedule)).toEqual([8, 8, 4, 4, 2, 2]);
  });

  test("a rate stays at its final value, which is 0 unless given", () => {
    for (const decay of [cosineDecay, linearDecay]) {
      expect([4, 5, 1000].map(decay({ learningRate: 8, steps: 4 }))).toEqual([0, 0, 0]);
      expect([4, 5, 1000].map(decay({ learningRate: 8, steps: 4, finalLearningRate: 0.7 }))).toEqual([0.7, 0.7, 0.7]);
    }
    expect([0, 1, 2, 3].map(linearDecay({ learningRate: 8, steps: 4 }))).toEqual([8, 6, 4, 2]);
  });

  test("a warm-up multiplies the rates of a schedule that goes on by its own steps", () => {
    const schedule = warmUp(linearDecay({ learningRate: 8, steps: 8 }), { steps: 4 });
    expect([0, 1, 2, 3, 4, 5, 8].map(schedule)).toEqual([2, 3.5, 4.5, 5, 4, 3, 0]);
    expect([0, 1].map(warmUp(() => 8, { steps: 1 }))).toEqual([8, 8]);
  });

  test("refuse a number of steps that is none", () => {
    expect(() => cosineDecay({ learningRate: 1, steps: 0 })).toThrow(
      "cosineDecay: steps must be a whole number of 1 or more. Got 0.",
    );
    expect(() => linearDecay({ learningRate: 1, steps: 1.5 })).toThrow(
      "linearDecay: steps must be a whole number of 1 or more. Got 1.5.",
    );
    expect(() => warmUp(() => 1, { steps: -1 })).toThrow("warmUp: steps must be a whole number of 1 or more. Got -1.");
  });
});
