import { expect, test } from "vitest";
import { wasmBase64 } from "../build/embedded-wasm.ts";
import { compiledModule } from "../src/compiled-module.ts";

test("the module is compiled once and needs nothing from outside", async () => {
  expect(await compiledModule()).toBe(await compiledModule());
  expect(WebAssembly.Module.imports(await compiledModule())).toEqual([]);
});

/** It travels with every web page that uses the package. */
test("the module stays under 48 KB", () => {
  expect(atob(wasmBase64).length).toBeLessThan(48 * 1024);
});
