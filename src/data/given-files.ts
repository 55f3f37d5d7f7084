import { type FileSource, FileSourceError } from "./file-source.ts";

/**
 * Files that the reader of a page has chosen or dropped there. Each goes by its name without a folder; of two with one
 * name the last counts.
 */
export function givenFiles(files: Iterable<File>): FileSource {
  const byName = new Map(Array.from(files, (file) => [file.name, file]));
  return {
    async read(name) {
      try {
        const bytes = await byName.get(name)?.arrayBuffer();
        return { file: name, bytes: bytes && new Uint8Array(bytes) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        throw new FileSourceError(`${name}: it cannot be read (${problem}).`, { cause: error });
      }
    },
  };
}
