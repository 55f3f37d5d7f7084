import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, vi } from "vitest";

// Without it tfjs prints an advertisement for its native backend at first use.
tf.enableProdMode();

const METHODS = ["log", "info", "warn", "error", "debug"] as const;

beforeEach(() => {
  for (const method of METHODS) vi.spyOn(console, method).mockImplementation(() => {});
});

afterEach(() => {
  const printed = METHODS.flatMap((method) => vi.mocked(console[method]).mock.calls);
  vi.restoreAllMocks();
  expect(printed, "a library prints nothing").toEqual([]);
});
