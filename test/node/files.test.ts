import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  asFileError,
  exists,
  expectWritable,
  FileError,
  isFolder,
  makeFolder,
  mayPass,
  readBytes,
  writeAtomically,
} from "../../src/node/files.ts";
import { withFaults } from "../support/failing-file-system.ts";
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

describe("readBytes of what is no file, or too large", () => {
  test("names a pipe, a device and a socket, and waits for none of them", async () => {
    const folder = temporaryFolder();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("/dev/zero", join(folder, "zero"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
    try {
      for (const [name, kind] of [
        ["pipe", "pipe"],
        ["zero", "device"],
        ["socket", "socket"],
      ] as const) {
        const file = join(folder, name);
        await expect(readBytes(file)).rejects.toThrow(new FileError(file, `expected a file. Got a ${kind}.`));
      }
    } finally {
      server.close();
    }
  });

  test("names the limit, the size and what to do, and reads nothing", async () => {
    const file = join(temporaryFolder(), "large");
    writeFileSync(file, "");
    truncateSync(file, 5 * 2 ** 30 + 2 ** 29); // a hole: no disk is needed
    const { operations } = await withFaults(
      file,
      () => undefined,
      () =>
        expect(readBytes(file, { limit: { bytes: 2 ** 30, advice: "Part it." } })).rejects.toThrow(
          new FileError(file, "expected a file of at most 1 GiB. Got 5.5 GiB. Part it."),
        ),
    );
    expect(operations.map(({ name }) => name)).toEqual(["stat", "open", "handle.stat", "handle.close"]);
    await expect(readBytes(file)).rejects.toThrow("expected a file of at most 2 GiB. Got 5.5 GiB.");
    truncateSync(file, 2);
    await expect(readBytes(file, { limit: { bytes: 1 } })).rejects.toThrow("of at most 1 bytes. Got 2 bytes.");
    expect(await readBytes(file, { limit: { bytes: 2 } })).toHaveLength(2);
  });

  test("hears a signal between two pieces of a large file", async () => {
    const file = join(temporaryFolder(), "large");
    writeFileSync(file, "");
    truncateSync(file, 2 ** 26);
    const stopped = AbortSignal.abort(new Error("Stopped."));
    const { operations } = await withFaults(
      file,
      () => undefined,
      () => expect(readBytes(file, { signal: stopped })).rejects.toThrow("Stopped."),
    );
    expect(operations.filter(({ name }) => name === "handle.read")).toHaveLength(1);
    expect(await readBytes(file, { signal: new AbortController().signal })).toHaveLength(2 ** 26);
    truncateSync(file, 10);
    expect(await readBytes(file, { signal: stopped })).toHaveLength(10);
  });
});

describe("a fault that may pass", () => {
  test.each(["open", "handle.stat", "handle.read", "handle.close"])("of %s is given three more tries", async (name) => {
    const file = join(temporaryFolder(), "a");
    writeFileSync(file, "content");
    let faults = 0;
    const once = withFaults(
      file,
      (operation) => (operation.name === name && faults++ === 0 ? "EIO" : undefined),
      () => readBytes(file),
    );
    expect(Buffer.from((await once).result).toString()).toBe("content");
    expect(faults).toBe(2);
  });

  test("that does not pass ends in a sentence", async () => {
    const file = join(temporaryFolder(), "a");
    writeFileSync(file, "content");
    let tries = 0;
    const always = withFaults(
      file,
      ({ name }) => {
        if (name !== "open") return undefined;
        tries++;
        return "EIO";
      },
      () => readBytes(file),
    );
    await expect(always).rejects.toThrow(new FileError(file, "the disk or the network share failed (EIO)."));
    expect(tries).toBe(4);
    expect(mayPass(await always.catch((error: unknown) => error))).toBe(true);
    expect(mayPass(await readBytes(join(file, "b")).catch((error: unknown) => error))).toBe(false);
    expect(mayPass(new TypeError("no fault of a file"))).toBe(false);
  });
});

describe("asFileError", () => {
  test("takes the path that the system names when none is given", () => {
    const error = Object.assign(systemError("EACCES"), { path: "/etc/shadow" });
    expect(asFileError(error)).toMatchObject({ message: "/etc/shadow: permission was denied.", cause: error });
  });

  test("names a code that it has no sentence for", () => {
    expect(asFileError(systemError("EXDEV"), "a")).toMatchObject({
      message: "a: the operating system answered EXDEV.",
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
    await expect(writeAtomically("/dev/null", compute)).rejects.toThrow("expected a file. Got a device.");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("says that the folder's fsync failed, and passes over systems that have none", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    const write = (code: string) =>
      withFaults(
        folder,
        ({ name, path }) => (name === "handle.sync" && path === folder ? code : undefined),
        () => writeAtomically(file, (handle) => handle.writeFile("content")),
      );
    await expect(write("EIO")).rejects.toThrow(new FileError(file, "the disk or the network share failed (EIO)."));
    await write("EINVAL");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test("tells of the first fault when the rest cannot be removed either", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    const write = withFaults(
      folder,
      ({ name }) => (name === "handle.sync" ? "ENOSPC" : name === "rm" ? "EIO" : undefined),
      () => writeAtomically(file, (handle) => handle.writeFile("content")),
    );
    await expect(write).rejects.toThrow("the disk is full.");
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
