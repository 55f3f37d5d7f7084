import { FormatError, type ReadOptions } from "../formats/format-error.ts";
import { parseJson } from "../formats/json.ts";
import { readText, type TextSource } from "../formats/text.ts";
import { readTaggerConfig } from "./read-tagger-config.ts";
import type { MultimodalTaggerConfig, Poolings } from "./tagger-config.ts";

export interface TaggerDescriptionOptions extends ReadOptions {
  /** The kinds that poolings may have. Default: those of this library. */
  readonly poolings?: Poolings | undefined;
}

/**
 * Reads a tagger's configuration from JSON:
 *
 *     { "modalities": { "frames": { "input": { "size": 1024 }, "pooling": { "kind": "mean" } } },
 *       "numClasses": 3862, "head": "sigmoid", "dropout": { "rate": 0.5 } }
 *
 * @returns the configuration with each default
 * @throws FormatError that names the key that is missing, unknown or has another value than it should
 */
export function readTaggerDescription(
  source: TextSource,
  { file, poolings }: TaggerDescriptionOptions,
): MultimodalTaggerConfig {
  const complain = (path: string, problem: string) => new FormatError(file, path === "" ? undefined : path, problem);
  return readTaggerConfig(parseJson(readText(source, file), file), { path: "", complain }, poolings);
}
