import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as data from "../../src/data/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as root from "../../src/index.ts";
import { VideoTagError } from "../../src/index.ts";
import * as node from "../../src/node/index.ts";

type Failure = new (...words: readonly unknown[]) => Error;

/** What the constructors take, of those that take more than a message. */
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  DatasetChangedError: ["list.txt", { video: "a.mp4", reason: "malformed", problem: "damaged.", line: 1 }],
  NoVideosError: [{ name: "list.txt", skipped: [] }],
};

const failures = Object.entries({ ...root, ...data, ...formats, ...node } as Readonly<Record<string, unknown>>).flatMap(
  ([name, value]) =>
    name !== "VideoTagError" && typeof value === "function" && value.prototype instanceof Error
      ? [[name, value as Failure] as const]
      : [],
);

test("there are as many errors as codes", () => {
  expect(failures.map(([name]) => name).sort()).toEqual([
    ...[
      "BackendError",
      "BackendFailedError",
      "BackendMemoryError",
      "DatasetChangedError",
      "FileError",
      "FileSourceError",
    ],
    ...["FormatError", "MismatchError", "NoVideosError", "NotFiniteError", "ShapeError", "StateError", "TooLargeError"],
    "WorkerError",
  ]);
});

test.each(failures)("%s has the common base, its name and a code of its own", (name, Kind) => {
  const error = new Kind(...(WORDS[name] ?? ["a", "b", "c"]));
  expect(error).toBeInstanceOf(VideoTagError);
  expect(error.name).toBe(name);
  const words = name.replace(/Error$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_");
  expect((error as VideoTagError).code).toBe(`ERR_${words.toUpperCase()}`);
});

test("no error of the library stands outside", () => {
  const source = new URL("../../src", import.meta.url).pathname;
  const own = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => readFileSync(join(source, file), "utf8").match(/class \w+ extends Error\b/g) ?? []);
  // The other is how the command line ends itself.
  expect(own.sort()).toEqual(["class Interruption extends Error", "class VideoTagError extends Error"]);
});
