import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchedFiles } from "../../src/data/fetched-files.ts";
import { FileSourceError } from "../../src/data/file-source.ts";
import { givenFiles } from "../../src/data/given-files.ts";
import { FormatError } from "../../src/formats/format-error.ts";
import { useBackend } from "../../src/node/backend.ts";
import { saveTagger } from "../../src/node/tagger-folder.ts";
import { readTagger } from "../../src/tagging/stored-tagger.ts";
import { memorySource } from "../support/memory-dataset.ts";
import { smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";

const whenOver = whenSuiteIsOver();
let saved: Map<string, Uint8Array>;
let scores: Float32Array[];
let server: Server;
let address: string;

beforeAll(async () => {
  await useBackend("cpu");
  const tagger = await smallVideoTagger(1);
  const folder = temporaryFolder(whenOver);
  await saveTagger(tagger, folder);
  scores = (await tagger.tag(smallVideos())).map((video) => video.scores);
  tagger.dispose();
  saved = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  server = createServer(({ url = "" }, response) => {
    const [, place, name = ""] = url.split("/");
    const bytes = saved.get(decodeURIComponent(name));
    if (place === "broken") response.writeHead(503).end();
    else if (place === "cut") response.writeHead(200, { "content-length": 10 }).write("half", () => response.destroy());
    else if (bytes === undefined) response.writeHead(404).end();
    else response.end(bytes);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

function savedFiles(): File[] {
  return [...saved].map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
}

describe("a saved tagger is read", () => {
  test.each([
    ["from a server", () => fetchedFiles(`${address}/best`)],
    ["from a server's folder with a slash behind it", () => fetchedFiles(new URL(`${address}/best/`))],
    ["from files that were given", () => givenFiles(savedFiles())],
  ])("%s, and tags as before it was saved", async (_, source) => {
    const before = tf.memory().numTensors;
    const tagger = await readTagger(source());
    const tagged = await tagger.tag(smallVideos());
    expect(tagged.map((video) => video.scores)).toEqual(scores);
    tagger.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("but not without one of its files, which is named", async () => {
    for (const name of saved.keys()) {
      const left = new Map(saved);
      left.delete(name);
      const error = new FormatError(`memory/${name}`, undefined, "there is no such file.");
      await expect(readTagger(memorySource(left))).rejects.toThrow(error);
    }
    await expect(readTagger(fetchedFiles(`${address}/best/other`))).rejects.toThrow(FormatError);
  });

  test.each([
    ["broken", /\/broken\/tagger\.json: the server answered 503\.$/],
    ["cut", /\/cut\/tagger\.json: it cannot be fetched \(.+\)\.$/],
  ])("but not from a server that fails (%s), which is said", async (place, sentence) => {
    const error = await readTagger(fetchedFiles(`${address}/${place}`)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileSourceError);
    expect((error as Error).message).toMatch(sentence);
  });

  test("but not from a server that is not there, which is said", async () => {
    await expect(readTagger(fetchedFiles("http://127.0.0.1:1"))).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:1\/tagger\.json: it cannot be fetched \(.+\)\.$/,
    );
  });

  test("but not from a file that went away after it was given", async () => {
    const [file] = savedFiles() as [File];
    vi.spyOn(file, "arrayBuffer").mockRejectedValue(new DOMException("it was not found", "NotFoundError"));
    await expect(givenFiles([file]).read(file.name)).rejects.toThrow(
      new FileSourceError(`${file.name}: it cannot be read (it was not found).`),
    );
  });

  test("but not on a page without a secure connection, where browsers compute no SHA-256", async () => {
    vi.stubGlobal("crypto", {});
    try {
      await expect(readTagger(memorySource(saved))).rejects.toThrow(/its SHA-256 cannot be computed: browsers/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
