import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  asFileError,
  exists,
  expectWritable,
  FileError,
  isFolder,
  makeFolder,
  readBytes,
  writeAtomically,
} from "../../src/node/files.ts";
import { permissionsCount } from "../support/permissions.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An error as the operating system gives it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system puts it`), { code, syscall: "write" });
}

describe("readBytes", () => {
  test("gives a file's bytes", async () => {
    const file = join(temporaryFolder(), "a");
    writeFileSync(file, Uint8Array.of(0, 255, 10));
    expect([...(await readBytes(file))]).toEqual([0, 255, 10]);
  });

  test("says in a sentence why it cannot, and names the file", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const messages = await Promise.all(
      ["missing", "file/inside", ".", "x".repeat(300)].map((name) =>
        readBytes(join(folder, name)).catch((error: unknown) => {
          expect(error).toBeInstanceOf(FileError);
          return (error as FileError).message.replace((error as FileError).file, "PATH");
        }),
      ),
    );
    expect(messages).toEqual([
      "PATH: there is no such file or folder.",
      "PATH: a part of this path is a file, not a folder.",
      "PATH: expected a file. Got a folder.",
      "PATH: this name is too long.",
    ]);
  });
});

describe("asFileError", () => {
  test("takes the path that the system names when none is given", () => {
    const error = Object.assign(systemError("EACCES"), { path: "/etc/shadow" });
    expect(asFileError(error)).toMatchObject({ message: "/etc/shadow: permission was denied.", cause: error });
  });

  test("names a code that it has no sentence for", () => {
    expect(asFileError(systemError("EIO"), "a")).toMatchObject({
      message: "a: the operating system answered EIO.",
    });
  });

  test("leaves every other error as it is", () => {
    const error = new RangeError("not a file's fault");
    expect(asFileError(error, "a")).toBe(error);
    expect(asFileError("text", "a")).toBe("text");
  });
});

describe("writeAtomically", () => {
  test("writes a new file and leaves nothing else", async () => {
    const folder = temporaryFolder();
    await writeAtomically(join(folder, "new"), (handle) => handle.writeFile("content"));
    expect(readdirSync(folder)).toEqual(["new"]);
    expect(readFileSync(join(folder, "new"), "utf8")).toBe("content");
  });

  test("has the old file in place until the new one is whole", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "old");
    await writeAtomically(file, async (handle) => {
      await handle.appendFile("new, ");
      expect(readFileSync(file, "utf8")).toBe("old");
      await handle.appendFile("and more");
    });
    expect(readFileSync(file, "utf8")).toBe("new, and more");
  });

  test("leaves the old file and nothing else when the writer fails", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "old");
    const failure = new Error("no more");
    const write = writeAtomically(file, async (handle) => {
      await handle.appendFile("half");
      throw failure;
    });
    await expect(write).rejects.toBe(failure);
    expect(readdirSync(folder)).toEqual(["file"]);
    expect(readFileSync(file, "utf8")).toBe("old");
  });

  test("says that the disk is full, and leaves nothing on it", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    const write = writeAtomically(file, () => Promise.reject(systemError("ENOSPC")));
    await expect(write).rejects.toThrow(new FileError(file, "the disk is full."));
    expect(readdirSync(folder)).toEqual([]);
  });

  test("names the folder that is missing, and does not make it", async () => {
    const folder = temporaryFolder();
    const write = writeAtomically(join(folder, "missing", "file"), (handle) => handle.writeFile(""));
    await expect(write).rejects.toThrow(new FileError(join(folder, "missing"), "there is no such file or folder."));
    expect(readdirSync(folder)).toEqual([]);
  });

  test("refuses a folder, a device or a pipe before anything is computed", async () => {
    const folder = temporaryFolder();
    const compute = () => Promise.reject(new Error("it was computed"));
    await expect(writeAtomically(folder, compute)).rejects.toThrow("expected a file. Got a folder.");
    await expect(writeAtomically("/dev/null", compute)).rejects.toThrow("expected a file. Got a device or a pipe.");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("replaces what a link leads to, not the link", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    await writeAtomically(join(folder, "link"), (handle) => handle.writeFile("new"));
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(readdirSync(folder, { withFileTypes: true }).map((entry) => entry.isSymbolicLink())).toEqual([true, false]);
  });

  test.runIf(permissionsCount)("says that a folder may not be written to (to all but root)", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    const file = join(folder, "file");
    await expect(writeAtomically(file, (handle) => handle.writeFile(""))).rejects.toThrow("permission was denied.");
    chmodSync(folder, 0o700);
  });
});

describe("folders", () => {
  test("are made with all that leads to them", async () => {
    const folder = temporaryFolder();
    await makeFolder(join(folder, "a", "b"));
    await makeFolder(join(folder, "a", "b"));
    expect(await isFolder(join(folder, "a", "b"))).toBe(true);
  });

  test("are not made where a file is", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(makeFolder(file)).rejects.toThrow(new FileError(file, "something else has this name already."));
    expect(await isFolder(file)).toBe(false);
    expect(await exists(file)).toBe(true);
    expect(await exists(join(folder, "missing"))).toBe(false);
    await expect(exists(join(file, "inside"))).rejects.toThrow("a part of this path is a file, not a folder.");
  });

  test("can be tried for writing without being made", async () => {
    const folder = temporaryFolder();
    await expectWritable(folder);
    await expectWritable(join(folder, "a", "b"));
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "file"), "");
    await expect(expectWritable(join(folder, "file"))).rejects.toThrow("expected a folder. Got a file.");
    const inside = join(folder, "file", "a");
    await expect(expectWritable(inside)).rejects.toThrow(
      new FileError(inside, "a part of this path is a file, not a folder."),
    );
  });

  test.runIf(permissionsCount)("that may not be written to are found out (to all but root)", async () => {
    const folder = join(temporaryFolder(), "locked");
    mkdirSync(folder, { mode: 0o500 });
    await expect(expectWritable(join(folder, "a"))).rejects.toThrow("permission was denied.");
  });
});
