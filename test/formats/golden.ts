import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { FormatError } from "../../src/formats/index.ts";

const FOLDER = new URL("../fixtures/golden/", import.meta.url);

/** The bytes of a golden file, in a plain array of their own. */
export function goldenBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

/** The names in a golden folder. */
export function goldenNames(folder: string): string[] {
  return readdirSync(new URL(folder, FOLDER)).sort();
}

/** A JSON file beside the tests. */
export function fixture<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8")) as Content;
}

/** The error that a call throws, which must be a FormatError. */
export function formatErrorOf(call: () => unknown): FormatError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("Expected a FormatError. Nothing was thrown.");
}

export function messageOf(call: () => unknown): string {
  return formatErrorOf(call).message;
}

/** Bytes from numbers and from text, which is written as UTF-8. */
export function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const encoder = new TextEncoder();
  const arrays = parts.map((part) => {
    if (typeof part === "number") return [part];
    return [...(typeof part === "string" ? encoder.encode(part) : part)];
  });
  return Uint8Array.from(arrays.flat());
}
