import { describe, expect, test } from "vitest";
import { everyCallFailsOnce } from "../support/every-call-fails.ts";

/** A training makes some 640 calls, and each that fails costs two runs: more than half an hour for all of them. */
const STRIDE = 12;

describe("a call of the file system fails", () => {
  test("while it trains", { timeout: 1_800_000 }, async ({ annotate }) => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("train", { stride: STRIDE, offset: 5 });
    expect(failed + wentWell).toBe(Math.ceil((calls - 5) / STRIDE));
    await annotate(`train: ${calls} calls, ${failed} faults ended it, ${wentWell} were overcome by another try`);
  });

  test("while it predicts", { timeout: 600_000 }, async ({ annotate }) => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("predict", { stride: 1, offset: 0 });
    expect(failed + wentWell).toBe(calls);
    await annotate(`predict: ${calls} calls, ${failed} faults ended it, ${wentWell} were overcome by another try`);
  });
});
