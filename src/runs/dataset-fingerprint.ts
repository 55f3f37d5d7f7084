import { createHash } from "node:crypto";
import { join } from "node:path";
import { featureFileName, openListFile } from "../formats/list-file.ts";
import type { DatasetFingerprint } from "../formats/run-manifest.ts";
import { FileError, mayPass, readBytes, sizeOf } from "../node/files.ts";

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
  for (const { fileName } of openListFile(bytes, { file: list }).rows) {
    videos++;
    const name = featureFileName(fileName);
    const size = name === undefined ? undefined : await sizeOf(join(features, name)).catch(missingUnlessItMayPass);
    hash.update(`${size ?? "missing"}\n`);
  }
  return { list, videos, sha256: hash.digest("hex") };
}

function missingUnlessItMayPass(error: unknown): undefined {
  if (!(error instanceof FileError) || mayPass(error)) throw error;
}
