import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../examples/browser/src/messages.ts";
import { BundledPage } from "../support/bundled-page.ts";
import { expectGoldenForward, expectGoldenTraining } from "../support/golden-comparison.ts";
import { type Arrays, GOLDEN_MODELS, readGoldenModel } from "../support/golden-models.ts";
import { BROWSER } from "../support/headless-browser.ts";
import type { GoldenPage, PlainArrays } from "./golden-page/page.ts";

const PAGE = new URL("golden-page", import.meta.url).pathname;
const MODELS = new URL("../fixtures/golden/models", import.meta.url).pathname;

declare const golden: GoldenPage;

function arrays(plain: PlainArrays): Arrays {
  return new Map(plain.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]));
}

/** Software graphics compile their programs slowly. */
const PATIENCE = { timeout: 240_000 };

describe.skipIf(BROWSER === undefined)("The golden models in Chromium", PATIENCE, () => {
  let site: BundledPage;

  beforeAll(async () => {
    site = await BundledPage.open(PAGE, { hasWebGpu: true, beside: { models: MODELS } });
  });

  afterAll(() => site?.close());

  afterEach(() => {
    expect(site.takeErrors()).toEqual([]);
  });

  // WebGPU and WebGL are in software as a rule.
  for (const backend of BACKENDS) {
    describe(`on ${backend}`, { tags: backend === "wasm" ? [] : ["slow"] }, () => {
      let page: Page;

      beforeAll(async () => {
        page = await site.newTab();
        await page.evaluate((name) => golden.start(name), backend);
      });

      afterAll(() => page?.context().close());

      test.each(GOLDEN_MODELS)("%s gives every intermediate value, the loss and the probabilities", async (name) => {
        const { results, ...facts } = await page.evaluate((model) => golden.forward(model), name);
        expect(facts).toEqual({ backend, leakedTensors: 0 });
        // The page computes with our own kernels: those of wasm pass over padding.
        expectGoldenForward(readGoldenModel(name), arrays(results), { passedOver: backend === "wasm" });
      });

      // In software it would take minutes; the suite that runs in Node trains them on WebGPU.
      test.skipIf(backend !== "wasm").each(GOLDEN_MODELS)(
        "%s gives every gradient, and every parameter after training steps",
        async (name) => {
          const { gradients, trained, ...facts } = await page.evaluate((model) => golden.training(model), name);
          expect(facts).toMatchObject({ backend, leakedTensors: 0 });
          const parameters = { gradients: arrays(gradients), trained: arrays(trained) };
          expectGoldenTraining(readGoldenModel(name, 0), { ...facts, ...parameters });
        },
      );
    });
  }
});
