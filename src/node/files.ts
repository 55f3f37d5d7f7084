import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, type FileHandle, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { patiently } from "../data/patience.ts";
import { VideoTagError } from "../formats/video-tag-error.ts";

/** A file or folder cannot be read or written; the message is a sentence that names it. */
export class FileError extends VideoTagError {
  override readonly name = "FileError";
  override readonly code = "ERR_FILE";
  /** As it was asked for. */
  readonly file: string;

  constructor(file: string, problem: string, cause?: unknown) {
    super(`${file}: ${problem}`, { cause });
    this.file = file;
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder.",
  ENOTDIR: "a part of this path is a file, not a folder.",
  EISDIR: "expected a file. Got a folder.",
  EEXIST: "something else has this name already.",
  ENAMETOOLONG: "this name is too long.",
  EACCES: "permission was denied.",
  EPERM: "permission was denied.",
  ENOSPC: "the disk is full.",
  EROFS: "the disk is read-only.",
  EMFILE: "too many files are open.",
  EIO: "the disk or the network share failed (EIO).",
};

/** The operating system's error as a FileError; any other error as it is. */
export function asFileError(error: unknown, file: string = pathOf(error)): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  return new FileError(file, PROBLEMS[code] ?? `the operating system answered ${code}.`, error);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && "syscall" in error ? String(error.code) : undefined;
}

/** What the operating system itself names in an error. */
function pathOf(error: unknown): string {
  return error instanceof Error && "path" in error ? String(error.path) : "a file";
}

/** What the operating system says of the file itself: it will say so again. */
const LASTING: ReadonlySet<string> = new Set([
  "EACCES",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "ENXIO",
  "EPERM",
]);

/** Whether an error is the operating system's, and no fault of the file itself: EIO, EMFILE and the like. */
export function mayPass(error: unknown): boolean {
  const code = errorCode(error instanceof FileError ? error.cause : error);
  return code !== undefined && !LASTING.has(code);
}

/** The size of a file that is read at most, and what to do about a larger one: a sentence. */
export interface SizeLimit {
  readonly bytes: number;
  readonly advice?: string;
}

export interface ReadOptions {
  /** Default: 2 GiB. */
  readonly limit?: SizeLimit;
  /** Ends the reading of a large file between two of its pieces. */
  readonly signal?: AbortSignal | undefined;
}

/** As much as Node's own readFile reads. */
const LARGEST: SizeLimit = { bytes: 2 ** 31 - 1 };

/** For configurations, which people write. */
export const CONFIGURATION_LIMIT: SizeLimit = { bytes: 2 ** 20 };

/** For labels, vocabularies and manifests. */
export const TEXT_LIMIT: SizeLimit = { bytes: 2 ** 26 };

/** Bytes that are read before the signal is looked at again. */
const PIECE = 2 ** 24;

/**
 * Reads a file as a whole. Only a regular file is read, as nothing else says where it ends, and none that is larger than
 * the limit. A fault that may pass is given three more tries.
 *
 * @throws FileError when the file is not there, is no file, is too large or cannot be read; the signal's reason
 */
export async function readBytes(file: string, { limit = LARGEST, signal }: ReadOptions = {}): Promise<Uint8Array> {
  try {
    return await patiently(async () => {
      expectRegular(file, await stat(file)); // before it is opened: that alone may move a device
      const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        const { size } = expectRegular(file, await handle.stat());
        if (size > limit.bytes) {
          const problem = `expected a file of at most ${describeSize(limit.bytes)}. Got ${describeSize(size)}.`;
          throw new FileError(file, limit.advice === undefined ? problem : `${problem} ${limit.advice}`);
        }
        return await readPieces(handle, size, signal);
      } finally {
        await handle.close();
      }
    }, mayPass);
  } catch (error) {
    throw asFileError(error, file);
  }
}

async function readPieces(handle: FileHandle, size: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let position = 0; position < size; ) {
    if (position > 0) signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, position, Math.min(PIECE, size - position), position);
    if (bytesRead === 0) return bytes.subarray(0, position); // it was cut short meanwhile
    position += bytesRead;
  }
  return bytes;
}

function expectRegular(file: string, found: Stats): Stats {
  if (found.isFile()) return found;
  throw new FileError(file, `expected a file. Got ${describeKind(found)}.`);
}

function describeKind(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

/** `1 GiB`, `2.3 GiB`, `17 bytes`. */
function describeSize(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

/** @throws FileError when there is nothing of this name */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await patiently(() => stat(path), mayPass)).isDirectory();
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** @throws FileError when it cannot be told */
export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

/**
 * A file's size in bytes; undefined when there is nothing of this name.
 *
 * @throws FileError when it cannot be told
 */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await patiently(() => stat(path), mayPass)).size;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw asFileError(error, path);
  }
}

/** @throws FileError when the folder cannot be made */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw asFileError(error, folder);
  }
}

/**
 * Finds out whether a folder can be made, or written to where it is there, and changes nothing.
 *
 * @throws FileError when it cannot
 */
export async function expectWritable(folder: string): Promise<void> {
  for (let place = resolve(folder); ; place = dirname(place)) {
    try {
      if (!(await stat(place)).isDirectory()) throw new FileError(place, "expected a folder. Got a file.");
      await access(place, constants.W_OK);
      return;
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw asFileError(error, folder);
    }
  }
}

/**
 * Writes a file so that it is there as a whole or not at all, whatever happens on the way: into a file beside it that
 * takes its name when everything has reached the disk.
 *
 * @param otherName asked when all is written: a name beside `file` that it shall take instead
 * @throws FileError when it cannot be written; what was there before is there still, or the new file as a whole where only
 *   the last step failed, which makes its name survive a power cut
 */
export async function writeAtomically(
  file: string,
  write: (handle: FileHandle) => Promise<void>,
  otherName: () => string | undefined = () => undefined,
): Promise<void> {
  const target = await findTarget(file);
  const unfinished = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(unfinished, "wx");
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, otherName() ?? target);
    await syncFolder(dirname(target));
  } catch (error) {
    // Where even this fails, whoever writes here next sweeps it.
    await rm(unfinished, { force: true }).catch(() => {});
    throw asFileError(error, file);
  }
}

/** Where a file's content really stands, behind links. Only a file may be replaced: no folder, device or pipe. */
async function findTarget(file: string): Promise<string> {
  try {
    expectRegular(file, await stat(file));
    return await realpath(file);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw asFileError(error, file);
  }
  await isFolder(dirname(file)); // it is named where it is what is missing
  return file;
}

/** How systems say that they cannot open a folder, or have no fsync for it: then there is nothing to do. */
const NO_FOLDER_SYNC: ReadonlySet<string> = new Set([
  "EACCES",
  "EBADF",
  "EINVAL",
  "EISDIR",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
]);

/** Makes the new name itself last. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errorCode(error) ?? "")) throw error;
  }
}
