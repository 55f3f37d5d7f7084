import { wasmBase64 } from "../build/embedded-wasm.ts";

let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiled tokenizer, which holds no state: compiled at the first call, shared by all instances. */
export function compiledModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)));
  return compiled;
}
