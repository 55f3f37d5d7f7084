import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileSourceError } from "../../src/data/file-source.ts";
import { describeSkipped } from "../../src/data/video-dataset.ts";
import { featureFolder } from "../../src/node/feature-folder.ts";
import { openDataset } from "../../src/project/open-dataset.ts";
import { goldenBytes } from "../formats/golden.ts";
import { permissionsCount } from "../support/permissions.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("featureFolder", () => {
  test("reads a file by its name, and tells its path", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.pkl"), Uint8Array.of(1, 2));
    const { file, bytes } = await featureFolder(folder).read("a.pkl");
    expect(file).toBe(join(folder, "a.pkl"));
    expect([...(bytes ?? [])]).toEqual([1, 2]);
  });

  test("has no bytes for a file that is not there", async () => {
    const folder = temporaryFolder();
    expect(await featureFolder(folder).read("a.pkl")).toEqual({ file: join(folder, "a.pkl"), bytes: undefined });
  });

  test("names the file that differs from a missing one by Unicode normalization alone", async () => {
    const folder = temporaryFolder();
    const [list, fileName] = [join(folder, "list.txt"), "caf\u00e9.mp4"];
    writeFileSync(join(folder, "cafe\u0301.pkl"), "");
    writeFileSync(list, `${fileName}\nth\u00e9.mp4\n`);
    const dataset = await openDataset({ list, features: folder });
    for await (const _ of dataset.samples());
    expect(dataset.skipped.map(describeSkipped)).toEqual([
      `line 1, ${fileName}: its feature file ${join(folder, "caf\u00e9.pkl")} does not exist. ` +
        "There is one that looks the same: only the Unicode normalization of its name differs (NFC, NFD).",
      `line 2, th\u00e9.mp4: its feature file ${join(folder, "th\u00e9.pkl")} does not exist.`,
    ]);
  });

  test("says what keeps it from reading a file that is there", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a.pkl"));
    const error = await featureFolder(folder)
      .read("a.pkl")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileSourceError);
    expect((error as Error).message).toBe(`${join(folder, "a.pkl")}: expected a file. Got a folder.`);
  });

  test.runIf(permissionsCount)("says that permission was denied (to all but root)", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.pkl"), "");
    chmodSync(join(folder, "a.pkl"), 0);
    await expect(featureFolder(folder).read("a.pkl")).rejects.toThrow("permission was denied.");
  });

  test("a video whose file cannot be read is reported and left out, and the others are read", async () => {
    const folder = temporaryFolder();
    const [good, list] = [goldenBytes("dataset/features/np1_proto4.pkl"), join(folder, "list.txt")];
    writeFileSync(join(folder, "good.pkl"), good);
    writeFileSync(join(folder, "damaged.pkl"), good.subarray(0, 50));
    mkdirSync(join(folder, "folder.pkl"));
    const tooLong = "n".repeat(300);
    writeFileSync(list, ["folder.mp4", "damaged.mp4", "gone.mp4", tooLong, "good.mp4"].join("\n"));
    const dataset = await openDataset({ list, features: folder });
    const videos: string[] = [];
    for await (const { fileName } of dataset.samples()) videos.push(fileName);
    expect(videos).toEqual(["good.mp4"]);
    expect(dataset.skipped).toEqual([
      {
        line: 1,
        fileName: "folder.mp4",
        reason: {
          kind: "unreadable-file",
          problem: `${join(folder, "folder.pkl")}: expected a file. Got a folder.`,
        },
      },
      {
        line: 2,
        fileName: "damaged.mp4",
        reason: { kind: "unreadable-file", problem: expect.stringContaining(join(folder, "damaged.pkl")) },
      },
      { line: 3, fileName: "gone.mp4", reason: { kind: "missing-file", file: join(folder, "gone.pkl") } },
      {
        line: 4,
        fileName: tooLong,
        reason: { kind: "unreadable-file", problem: `${join(folder, tooLong)}.pkl: this name is too long.` },
      },
    ]);
  });
});
