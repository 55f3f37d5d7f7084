import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileError } from "../../src/node/files.ts";
import { FolderLock } from "../../src/runs/folder-lock.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("a folder has one owner, who is named to others, and leaves nothing behind", async () => {
  const folder = temporaryFolder();
  const lock = await FolderLock.take(folder);
  await lock.expectHeld();
  const error = await FolderLock.take(folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FileError);
  expect((error as FileError).message.slice(folder.length)).toMatch(
    new RegExp(`^: process ${process.pid} on \\S+, since \\S+Z, works in it\\. Wait until it has ended, or end it\\.$`),
  );
  await lock.expectHeld();
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
  await (await FolderLock.take(folder)).release();
});

test("a process that was killed holds none any more", async () => {
  const folder = temporaryFolder();
  const program = `
    const { tryLock } = require("fs-native-extensions");
    const file = require("fs").openSync(process.argv[1], "a+");
    process.stdout.write(String(tryLock(file, 2 ** 30, 1)));
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["-e", program, join(folder, "run.lock")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await new Promise((resolve) => other.stdout.once("data", (data) => resolve(String(data))));
  expect(said).toBe("true");
  await expect(FolderLock.take(folder)).rejects.toThrow(
    new FileError(folder, "another process works in it. Wait until it has ended, or end it."),
  );
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("close", resolve));
  const lock = await FolderLock.take(folder);
  await lock.release();
});

test.each([
  ["removed", (folder: string) => rmSync(folder, { recursive: true })],
  ["moved", (folder: string) => renameSync(folder, `${folder} moved`)],
  [
    "replaced",
    (folder: string) => {
      renameSync(folder, `${folder} moved`);
      mkdirSync(folder);
      writeFileSync(join(folder, "run.lock"), "");
    },
  ],
])("a folder that was %s is not held any more, and what stands there is let alone", async (_, change) => {
  const folder = join(temporaryFolder(), "run");
  mkdirSync(folder);
  const lock = await FolderLock.take(folder);
  change(folder);
  const rule = "it was removed, moved or replaced while it was in use. What it held cannot be written there again.";
  await expect(lock.expectHeld()).rejects.toThrow(new FileError(folder, rule));
  const before = readdirSync(join(folder, ".."), { recursive: true });
  await lock.release();
  expect(readdirSync(join(folder, ".."), { recursive: true })).toEqual(before);
});

test("a folder that is not there cannot be locked", async () => {
  const folder = join(temporaryFolder(), "none");
  await expect(FolderLock.take(folder)).rejects.toThrow("there is no such file or folder.");
});
