import { describe, test } from "vitest";
import { everyCallFailsOnce } from "../support/every-call-fails.ts";

/** Every so many calls; `failing-files.slow.test.ts` has all of them. */
const STRIDE = 97;

describe("one call of the file system fails", () => {
  test("while it trains", () => everyCallFailsOnce("train", { stride: STRIDE, offset: 41 }));
  test("while it predicts", () => everyCallFailsOnce("predict", { stride: STRIDE, offset: 13 }));
});
