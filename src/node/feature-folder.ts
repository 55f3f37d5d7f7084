import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type FileSource, FileSourceError } from "../data/file-source.ts";
import { errorCode, FileError, mayPass, type ReadOptions, readBytes } from "./files.ts";

/** 131,072 rows of 2048 float32 values: a day and a half at a row per second. */
const LIMIT = { bytes: 2 ** 30, advice: "Part the video into shorter ones, or keep fewer rows per second." };

/**
 * A folder of feature files. Only regular files of at most 1 GiB are read; a fault that may pass, such as EIO, is given three
 * more tries.
 *
 * @param options a signal ends the reading of a large file
 */
export function featureFolder(folder: string, { signal }: Pick<ReadOptions, "signal"> = {}): FileSource {
  let composed: Promise<ReadonlyMap<string, string>> | undefined;
  return {
    async read(name) {
      const file = join(folder, name);
      try {
        return { file, bytes: await readBytes(file, { limit: LIMIT, signal }), isOwn: true };
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (errorCode(error.cause) === "ENOENT") {
          if (!OTHER_THAN_ASCII.test(name)) return { file, bytes: undefined };
          composed ??= composedNames(folder);
          return { file, bytes: undefined, lookAlike: (await composed).get(name.normalize()) };
        }
        throw new FileSourceError(error.message, { mayPass: mayPass(error), cause: error });
      }
    },
  };
}

const OTHER_THAN_ASCII = /[^\x20-\x7e]/;

/** The names in a folder that Unicode may write in several ways, by one of them. Without any when they cannot be had. */
async function composedNames(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch((): string[] => []);
  return new Map(names.filter((name) => OTHER_THAN_ASCII.test(name)).map((name) => [name.normalize(), name]));
}
