/** A file is there, but its bytes cannot be had. */
export class FileSourceError extends Error {
  override readonly name = "FileSourceError";
}

/** Where files come from that are asked for by name: a folder, a server, memory. */
export interface FileSource {
  /**
   * A file's bytes by its name, and the whole name for messages; undefined bytes when there is no such file.
   *
   * @throws FileSourceError when the bytes cannot be read; of a dataset, that video is reported and left out
   */
  read(name: string): Promise<{ readonly file: string; readonly bytes: Uint8Array | undefined }>;
}
