import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BACKEND_NAMES, BackendError, defaultBackend, useBackend } from "../../src/node/backend.ts";
import { PRESENT_BACKENDS } from "../support/backends.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a backend", () => {
  test.each([null, { info: { isFallbackAdapter: true } }, { info: {} }])(
    "is wasm where WebGPU has no graphics card (%j)",
    async (adapter) => {
      vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
      expect(await defaultBackend()).toBe("wasm");
      expect(tf.getBackend()).toBe("wasm");
    },
  );

  test.skipIf(!PRESENT_BACKENDS.includes("webgpu"))("is webgpu where there is a graphics card", async () => {
    const adapter = (await globalThis.navigator.gpu.requestAdapter()) as GPUAdapter;
    // Whatever adapter this machine has, as if it were a card.
    const card = {
      ...{ info: { isFallbackAdapter: false }, features: adapter.features, limits: adapter.limits },
      requestDevice: (wanted: GPUDeviceDescriptor) => adapter.requestDevice(wanted),
    };
    vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => card } });
    expect(await defaultBackend()).toBe("webgpu");
    expect(tf.getBackend()).toBe("webgpu");
    const sum = tf.sum(tf.tensor1d([1, 2, 4]));
    expect([...(await sum.data())]).toEqual([7]);
    sum.dispose();
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
