import { readFileSync } from "node:fs";
import { type Arrays, type GoldenModel, parseArrays, parseGoldenModel } from "./golden-model.ts";

export * from "./golden-model.ts";

const FOLDER = new URL("../fixtures/golden/models/", import.meta.url);

/** A golden file's bytes by its path below the models' folder. */
export function readGoldenFile(path: string): Uint8Array {
  return readFileSync(new URL(path, FOLDER));
}

export function readArrays(path: string): Arrays {
  return parseArrays(readGoldenFile, path);
}

export function readGoldenModel(name: string, dropoutRate?: number): GoldenModel {
  return parseGoldenModel(readGoldenFile, name, dropoutRate);
}
