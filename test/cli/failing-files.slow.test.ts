import { describe, expect, test } from "vitest";
import { everyCallFailsOnce } from "../support/every-call-fails.ts";

describe("every call of the file system fails once", () => {
  test("while it trains", { timeout: 1_800_000 }, async ({ annotate }) => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("train", { stride: 1, offset: 0 });
    expect(failed + wentWell).toBe(calls);
    await annotate(`train: ${calls} calls, ${failed} faults ended it, ${wentWell} were overcome by another try`);
  });

  test("while it predicts", { timeout: 600_000 }, async ({ annotate }) => {
    const { calls, failed, wentWell } = await everyCallFailsOnce("predict", { stride: 1, offset: 0 });
    expect(failed + wentWell).toBe(calls);
    await annotate(`predict: ${calls} calls, ${failed} faults ended it, ${wentWell} were overcome by another try`);
  });
});
