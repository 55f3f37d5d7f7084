import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FileSource, FileSourceError } from "../data/file-source.ts";
import { asFileError, errorCode } from "./files.ts";

/** A folder of feature files. */
export function featureFolder(folder: string): FileSource {
  return {
    async read(name) {
      const file = join(folder, name);
      try {
        return { file, bytes: await readFile(file) };
      } catch (error) {
        if (errorCode(error) === "ENOENT") return { file, bytes: undefined };
        throw new FileSourceError((asFileError(error, file) as Error).message, { cause: error });
      }
    },
  };
}
