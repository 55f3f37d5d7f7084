import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { asFileError, errorCode, FileError } from "../node/files.ts";

/** The file in a folder that its owner has locked, and whose content names the owner. */
const NAME = "run.lock";

/** The byte that is locked, far behind the owner's name, which stays readable on systems that forbid to read what is locked. */
const PLACE = 2 ** 30;

/** Who holds a lock. */
interface Owner {
  readonly process: number;
  readonly host: string;
  readonly since: string;
}

/**
 * A folder that one process alone works in. The operating system holds the lock (`fcntl`, `LockFileEx`) and lets go of it
 * when the process ends, however it ends: there are no stale ones. Where a system or a network share has no such locks, none
 * is held.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(folder: string, file: string, handle: FileHandle) {
    this.#folder = folder;
    this.#file = file;
    this.#handle = handle;
  }

  /** @throws FileError that names the owner when the folder has one, or when it cannot be written */
  static async take(folder: string): Promise<FolderLock> {
    const file = join(folder, NAME);
    try {
      for (;;) {
        const lock = new FolderLock(folder, file, await open(file, "a+"));
        try {
          if (!(await tryLock(lock.#handle.fd))) {
            const owner = await describeOwner(lock.#handle);
            throw new FileError(folder, `${owner} works in it. Wait until it has ended, or end it.`);
          }
          // Its last owner may have removed the file before the lock was ours.
          if (await lock.#isInPlace()) {
            await lock.#name();
            return lock;
          }
        } catch (error) {
          await lock.#handle.close().catch(() => {});
          throw error;
        }
        await lock.#handle.close();
      }
    } catch (error) {
      throw asFileError(error, file);
    }
  }

  /** @throws FileError when the folder is no longer the one that was locked: it was removed, moved or replaced */
  async expectHeld(): Promise<void> {
    if (await this.#isInPlace()) return;
    const problem =
      "it was removed, moved or replaced while it was in use. What it held cannot be written there again.";
    throw new FileError(this.#folder, problem);
  }

  /** Gives the folder free. */
  async release(): Promise<void> {
    try {
      if (await this.#isInPlace()) await rm(this.#file, { force: true });
    } finally {
      await this.#handle.close();
    }
  }

  async #isInPlace(): Promise<boolean> {
    const own = await this.#handle.stat();
    try {
      const found = await stat(this.#file);
      return found.ino === own.ino && found.dev === own.dev;
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return false;
      throw asFileError(error, this.#file);
    }
  }

  async #name(): Promise<void> {
    const owner: Owner = { process: process.pid, host: hostname(), since: new Date().toISOString() };
    await this.#handle.truncate(0);
    await this.#handle.writeFile(`${JSON.stringify(owner)}\n`);
  }
}

/**
 * What is to be said where no run's folder can be locked, because the native part of `fs-native-extensions` was not installed or is
 * not for this system or runtime; undefined where it can be.
 */
export async function missingLockWarning(): Promise<string | undefined> {
  if ((await nativeLocks()) !== undefined) return undefined;
  return "Warning: fs-native-extensions cannot be loaded, so the run's folder is not locked. Start no second training in it.";
}

/** Deno ends with the native part, which asks for functions of libuv that Deno lacks: it must not even be tried there. */
async function nativeLocks(): Promise<typeof import("fs-native-extensions") | undefined> {
  return "Deno" in globalThis ? undefined : import("fs-native-extensions").catch(() => undefined);
}

/** Whether the lock is ours now. Without such locks it is, as far as anyone can tell. */
async function tryLock(descriptor: number): Promise<boolean> {
  const native = await nativeLocks();
  try {
    return native?.tryLock(descriptor, PLACE, 1) ?? true;
  } catch {
    return true;
  }
}

async function describeOwner(handle: FileHandle): Promise<string> {
  const text = await handle.readFile("utf8").catch(() => "");
  const [, process, host, since] = text.match(/^\{"process":(\d+),"host":"([^"]*)","since":"([^"]*)"\}/) ?? [];
  return process === undefined ? "another process" : `process ${process} on ${host}, since ${since},`;
}
