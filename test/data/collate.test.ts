import { expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { padSequences, sequenceMask } from "../../src/core/sequence-batch.ts";
import { collateLabels, collateLossWeights, collateTitles, zeroRows } from "../../src/data/collate.ts";
import { describeOnBackends } from "../support/backends.ts";
import { expectNoLeak } from "../support/tensors.ts";

describeOnBackends("Collating", () => {
  test("pads sequences and titles to the longest, and masks the padding", async () => {
    const rows = (...data: number[]) => ({ rows: data.length / 2, size: 2, data: Float32Array.from(data) });
    const { values, mask } = padSequences([rows(1, 2), rows(3, 4, 5, 6), rows()], 2);
    expect(await values.array()).toEqual([
      [
        [1, 2],
        [0, 0],
      ],
      [
        [3, 4],
        [5, 6],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    expect(await mask.array()).toEqual([
      [1, 0],
      [1, 1],
      [0, 0],
    ]);
    const titles = collateTitles([Int32Array.of(1, 7, 2), Int32Array.of(1, 2)]);
    expect(await titles.tokenIds.array()).toEqual([
      [1, 7, 2],
      [1, 2, 0],
    ]);
    expect(titles.tokenIds.dtype).toBe("int32");
    expect(await titles.mask.array()).toEqual([
      [1, 1, 1],
      [1, 1, 0],
    ]);
  });

  test("makes labels multi-hot or a distribution", async () => {
    const classes = [[0, 2], [1]];
    expect(await collateLabels(classes, 3, "multi-hot").array()).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ]);
    expect(await collateLabels(classes, 3, "distribution").array()).toEqual([
      [0.5, 0, 0.5],
      [0, 1, 0],
    ]);
  });

  test("makes the weights of a loss from those of classes and videos and from what is known", async () => {
    expect(await collateLossWeights(2, 3, {}).array()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(await collateLossWeights(2, 3, { classWeights: [0.5, 2, 4] }).array()).toEqual([
      [0.5, 2, 4],
      [0.5, 2, 4],
    ]);
    const given = { classWeights: [0.5, 2, 4], videoWeights: [1, 3, 5], knownClasses: [undefined, [2, 0], []] };
    expect(await collateLossWeights(3, 3, given).array()).toEqual([
      [0.5, 2, 4],
      [1.5, 0, 12],
      [0, 0, 0],
    ]);
  });

  test("refuses weights that do not fit, and leaves no tensor behind", async () => {
    const wrong = {
      "Loss weights: classWeights must have 3 entries. Got 2.": { classWeights: [1, 2] },
      "Loss weights: videoWeights must have 2 entries. Got 1.": { videoWeights: [1] },
      "Loss weights: knownClasses must have 2 entries. Got 0.": { knownClasses: [] },
      "Loss weights: classWeights[1] must be a number of 0 or more. Got -1.": { classWeights: [0, -1, 1] },
      "Loss weights: videoWeights[0] must be a number of 0 or more. Got NaN.": { videoWeights: [Number.NaN, 1] },
      "Loss weights: knownClasses[1] must lie in [0, 3). Got 3.": { knownClasses: [[], [1, 3]] },
      "Loss weights: knownClasses[0] must lie in [0, 3). Got 0.5.": { knownClasses: [[0.5], []] },
    };
    await expectNoLeak(() => {
      for (const [message, given] of Object.entries(wrong)) {
        expect(() => collateLossWeights(2, 3, given)).toThrow(message);
      }
    });
  });

  test("refuses a sequence of another width, without a tensor left behind", async () => {
    const wrong = { rows: 1, size: 3, data: new Float32Array(3) };
    const short = { rows: 2, size: 2, data: new Float32Array(3) };
    await expectNoLeak(() => {
      expect(() => padSequences([wrong], 2)).toThrow("Sequence 0 must have shape [1, 2]. Got 3 values in rows of 3.");
      expect(() => padSequences([short], 2)).toThrow("Sequence 0 must have shape [2, 2]. Got 3 values in rows of 2.");
    });
  });

  test("refuses rows that are none, or more than there are values for, before it asks for memory", () => {
    for (const rows of [1e9, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const wrong = { rows, size: 3, data: new Float32Array(3) };
      const nameOf = (index: number) => `Video ${index}: image`;
      const problem = `Video 0: image must have shape [${rows}, 3]. Got 3 values in rows of 3.`;
      expect(() => padSequences([wrong], 3, nameOf)).toThrow(new ShapeError(problem));
    }
  });

  test("an empty batch has no rows and one step", () => {
    expect(padSequences([], 2).values.shape).toEqual([0, 1, 2]);
    expect(sequenceMask([0], 1).shape).toEqual([1, 1]);
  });
});

test("makes rows of zeros", () => {
  expect(zeroRows(2, 3)).toEqual({ rows: 2, size: 3, data: new Float32Array(6) });
});
