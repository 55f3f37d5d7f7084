/** A file's bytes cannot be had. */
export class FileSourceError extends Error {
  override readonly name = "FileSourceError";
  /**
   * Whether the fault is not the file's own and may pass: a disk, a network or a server that does not answer. Whoever
   * reads many files must not go on as if this one were not there.
   */
  readonly mayPass: boolean;

  constructor(
    message: string,
    { mayPass = false, cause }: { readonly mayPass?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}

/** Where files come from that are asked for by name: a folder, a server, memory. */
export interface FileSource {
  /**
   * A file's bytes by its name, and the whole name for messages; undefined bytes when there is no such file.
   *
   * @throws FileSourceError when the bytes cannot be read; of a dataset, that video is reported and left out, unless the
   *   fault may pass: then the reading ends
   */
  read(name: string): Promise<{ readonly file: string; readonly bytes: Uint8Array | undefined }>;
}
