import { expect, test } from "vitest";
import { describeBytes, TooLargeError } from "../../src/core/errors.ts";
import { expectRoom } from "../../src/core/parameter-room.ts";
import { Linear } from "../../src/layers/linear.ts";
import { describeOnBackends } from "../support/backends.ts";

describeOnBackends("what is too large for memory", () => {
  test("is refused with its size, before memory is asked for", () => {
    const make = () => new Linear({ inputSize: 3e5, outputSize: 1e9 }, null);
    const needed = "A parameter of shape [300000, 1000000000] needs 1.2 PB";
    expect(make).toThrow(new TooLargeError(`${needed}: there is no such memory.`));
  });
});

describeOnBackends("on wasm", () => {
  test("so is what WebAssembly cannot address", () => {
    const make = () => new Linear({ inputSize: 2 ** 15, outputSize: 2 ** 15 + 1 }, null);
    expect(make).toThrow("A parameter of shape [32768, 32769] needs 4.3 GB: there is no such memory.");
    expect(() => expectRoom("A model", 2 ** 30 + 1)).toThrow(
      new TooLargeError("A model: its 1073741825 parameters need 4.3 GB. The wasm backend has 4.3 GB."),
    );
    expectRoom("A model", 2 ** 30);
  });
}, ["wasm"]);

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [2 ** 32, "4.3 GB"],
  [1e6, "1.0 MB"],
  [3e18, "3000.0 PB"],
])("%d bytes are %s", (bytes, text) => {
  expect(describeBytes(bytes)).toBe(text);
});
