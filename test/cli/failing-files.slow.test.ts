import { describe, expect, test } from "vitest";
import { everyCallFailsOnce } from "../support/every-call-fails.ts";

describe("every call of the file system fails once", () => {
  test("while it trains", { timeout: 1_800_000 }, async () => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("train", { stride: 1, offset: 0 });
    expect(failed + wentWell).toBe(calls);
    console.log(`train: ${calls} calls, ${failed} ended it, ${wentWell} went well after another try`);
  });

  test("while it predicts", { timeout: 600_000 }, async () => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("predict", { stride: 1, offset: 0 });
    expect(failed + wentWell).toBe(calls);
    console.log(`predict: ${calls} calls, ${failed} ended it, ${wentWell} went well after another try`);
  });
});
