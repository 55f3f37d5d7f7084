import * as tf from "@tensorflow/tfjs-core";
import { describeBytes, TooLargeError } from "./errors.ts";

/** What WebAssembly can address. */
const WASM_BYTES = 2 ** 32;

/** Whether the backend in use can have so much memory at all. */
export function hasRoom(bytes: number): boolean {
  return tf.getBackend() !== "wasm" || bytes <= WASM_BYTES;
}

/**
 * Checks that a model's parameters fit into the backend in use, before memory is asked for.
 *
 * @param values the number of values in all of its parameters
 * @throws TooLargeError when they do not
 */
export function expectRoom(model: string, values: number): void {
  if (tf.getBackend() === "wasm") expectWasmRoom(model, values);
}

/** The same for the wasm backend, whichever is in use. */
export function expectWasmRoom(model: string, values: number): void {
  const bytes = values * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= WASM_BYTES) return;
  throw new TooLargeError(
    `${model}: its ${values} parameters need ${describeBytes(bytes)}. The wasm backend has ${describeBytes(WASM_BYTES)}.`,
  );
}
