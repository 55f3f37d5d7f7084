import { VideoTagError } from "../formats/video-tag-error.ts";

/** A file's bytes cannot be had. */
export class FileSourceError extends VideoTagError {
  override readonly name = "FileSourceError";
  override readonly code = "ERR_FILE_SOURCE";
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
   * A file's bytes by its name.
   *
   * @throws FileSourceError when the bytes cannot be read; of a dataset, that video is reported and left out, unless the
   *   fault may pass: then the reading ends
   */
  read(name: string): Promise<ReadFile>;
}

/** What a source answers with. */
export interface ReadFile {
  /** The whole name, for messages. */
  readonly file: string;
  /** Undefined when there is no such file. */
  readonly bytes: Uint8Array | undefined;
  /** Of a file that is not there: another's name that looks the same, and differs by Unicode normalization alone. */
  readonly lookAlike?: string | undefined;
  /** Whether the bytes have memory of their own that the source does not keep. Default false. */
  readonly isOwn?: boolean;
}
