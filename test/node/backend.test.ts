import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { BACKEND_NAMES, BackendError, defaultBackend, useBackend } from "../../src/node/backend.ts";

describe("a backend", () => {
  test("is the fastest that needs no set-up when none is named", async () => {
    expect(await defaultBackend()).toBe("wasm");
    expect(tf.getBackend()).toBe("wasm");
  });

  test("is the one that is named, with gradients", async () => {
    await useBackend("cpu");
    expect(tf.getBackend()).toBe("cpu");
    expect(tf.getGradient("Sum")).toBeDefined();
  });

  test("leaves exceptions that nobody catches to Node", async () => {
    const program = `
      import { useBackend } from "multimodal-video-tag/node";
      await useBackend("wasm");
      setTimeout(() => { throw new RangeError("a slip"); });`;
    const failed = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^file:.*\[eval1\]:4\n.*a slip/),
    });
  });

  test.each(["cuda", "", "constructor", "WASM"])(
    "that is not known (%s) is refused with those that are",
    async (name) => {
      await expect(useBackend(name)).rejects.toThrow(
        new BackendError(`Backend ${name} cannot be used: it is not known. Known are wasm, cpu, webgpu.`),
      );
      expect(BACKEND_NAMES).toEqual(["wasm", "cpu", "webgpu"]);
    },
  );
});
