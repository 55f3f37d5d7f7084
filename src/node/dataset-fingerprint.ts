import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { featureFileName, listRows } from "../formats/list-file.ts";
import type { DatasetFingerprint } from "../formats/run-manifest.ts";
import { readBytes } from "./files.ts";

/**
 * Tells whether a dataset is still the one that it was: its list, its labels, and the sizes of its feature files. Their
 * content is not read.
 */
export async function fingerprintDataset(
  { list, features }: { readonly list: string; readonly features: string },
  labels: readonly string[],
): Promise<DatasetFingerprint> {
  const bytes = await readBytes(list);
  const hash = createHash("sha256").update(bytes).update(JSON.stringify(labels));
  let videos = 0;
  for (const { fileName } of listRows(bytes, { file: list })) {
    videos++;
    const name = featureFileName(fileName);
    const size = name === undefined ? undefined : await stat(join(features, name)).catch(() => undefined);
    hash.update(`${size?.size ?? "missing"}\n`);
  }
  return { list, videos, sha256: hash.digest("hex") };
}
