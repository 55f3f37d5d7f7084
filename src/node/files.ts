import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** A file or folder cannot be read or written; the message is a sentence that names it. */
export class FileError extends Error {
  override readonly name = "FileError";
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

/** @throws FileError when the file is not there or cannot be read */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw asFileError(error, file);
  }
}

/** @throws FileError when there is nothing of this name */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** @throws FileError when it cannot be told */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
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
 * @throws FileError when it cannot be written; what was there before is there still
 */
export async function writeAtomically(file: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
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
    await rename(unfinished, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw asFileError(error, file);
  }
}

/** Where a file's content really stands, behind links. Only a file may be replaced: no folder, device or pipe. */
async function findTarget(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (found.isFile()) return await realpath(file);
    throw new FileError(file, `expected a file. Got a ${found.isDirectory() ? "folder" : "device or a pipe"}.`);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw asFileError(error, file);
  }
  await isFolder(dirname(file)); // it is named where it is what is missing
  return file;
}

/** Makes the new name itself last; not every system can open a folder, and then there is nothing to do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
