import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { openTitleEncodingFolder } from "../../src/node/title-encoding-folder.ts";
import { smallTagger } from "../support/small-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const encoder = (seed = 1): ErnieEncoder => smallTagger(undefined, seed).tower("text").encoder as ErnieEncoder;
const title = (...ids: number[]) => Int32Array.of(1, ...ids, 2);
/** Values of every kind, among them those that compare as equal but are not the same bits. */
const values = (length: number) =>
  Float32Array.from({ length: length * 4 }, (_, index) => [-0, 0, 1e-42, 0.1, -3e38][index % 5] as number);
const bits = (data: Float32Array | undefined) => data && [...new Int32Array(data.buffer, data.byteOffset, data.length)];
/** Bytes of the file of a title of 3 tokens. */
const FILE = 32 + 3 * 4 * 4;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

async function fill(folder: string, titles: readonly Int32Array[], capacity?: number): Promise<void> {
  const store = await openTitleEncodingFolder(folder, encoder(), capacity === undefined ? {} : { capacity });
  for (const each of titles) await store.write(each, values(each.length));
}

async function hasTitle(folder: string, ...ids: number[]): Promise<boolean> {
  return (await (await openTitleEncodingFolder(folder, encoder())).read(title(...ids))) !== undefined;
}

test("gives back what was written, bit for bit, to a later store of the same encoder", async () => {
  const folder = join(temporaryFolder(), "made", "for it");
  const first = await openTitleEncodingFolder(folder, encoder());
  expect(await first.read(title(5))).toBe(undefined);
  await first.write(title(5), values(3));
  await first.write(title(5, 6), values(4).subarray(1));
  const second = await openTitleEncodingFolder(folder, encoder());
  expect(bits(await second.read(title(5)))).toEqual(bits(values(3)));
  expect(await second.read(title(6))).toBe(undefined);
  expect(await second.read(title(5, 6))).toBe(undefined); // a value was missing
  expect(readdirSync(folder).length).toBe(2);
});

test("knows an encoder by its weights and configuration, and the backend", async () => {
  const folder = temporaryFolder();
  await fill(folder, [title(5)]);
  const changed = encoder();
  const { table } = changed.wordEmbedding;
  const data = (await table.data()).slice() as Float32Array;
  data[data.length - 1] = (data.at(-1) as number) * 1.0001;
  table.assign(tf.tensor2d(data, table.shape));
  const otherHeads = Object.assign(encoder(), { config: { ...encoder().config, heads: 1 } });
  for (const other of [encoder(2), changed, otherHeads]) {
    expect(await (await openTitleEncodingFolder(folder, other)).read(title(5))).toBe(undefined);
  }
  expect(await hasTitle(folder, 5)).toBe(true);
  await tf.setBackend("wasm");
  expect(await hasTitle(folder, 5)).toBe(false);
  await tf.setBackend("cpu");
});

test("takes no damaged file for an encoding, whichever byte is wrong, and writes it anew", async () => {
  const folder = temporaryFolder();
  await fill(folder, [title(5), title(6)]);
  const [file, other] = readdirSync(folder).map((name) => join(folder, name)) as [string, string];
  const whole = readFileSync(file);
  const own = (await hasTitleAlone(folder, other)) ? title(5) : title(6);
  const store = await openTitleEncodingFolder(folder, encoder());
  for (let position = 0; position < whole.length; position++) {
    const damaged = Buffer.from(whole);
    damaged[position] = (damaged[position] as number) ^ 1;
    writeFileSync(file, damaged);
    expect(await store.read(own)).toBe(undefined);
  }
  for (const content of [whole.subarray(0, 40), whole.subarray(0, 5), Buffer.alloc(0), Buffer.alloc(FILE)]) {
    writeFileSync(file, content);
    expect(await store.read(own)).toBe(undefined);
  }
  writeFileSync(file, Buffer.concat([whole, Buffer.alloc(4)]));
  expect(await store.read(own)).toBe(undefined);
  writeFileSync(file, readFileSync(other)); // whole, but of another title
  expect(await store.read(own)).toBe(undefined);
  await store.write(own, values(3));
  expect(readFileSync(file)).toEqual(whole);
  expect(bits(await store.read(own))).toEqual(bits(values(3)));
});

/** Whether a folder without this file still has the title 5. */
async function hasTitleAlone(folder: string, file: string): Promise<boolean> {
  const content = readFileSync(file);
  rmSync(file);
  const has = await hasTitle(folder, 5);
  writeFileSync(file, content);
  return has;
}

test("stays within its capacity: the oldest files go, unfinished ones too, and no others", async () => {
  const folder = temporaryFolder();
  const unfinished = join(folder, `${"a".repeat(64)}.encoding.${"b".repeat(12)}.tmp`);
  const foreign = join(folder, "thesis.txt");
  writeFileSync(unfinished, Buffer.alloc(2 * FILE));
  writeFileSync(foreign, Buffer.alloc(100 * FILE));
  for (const file of [unfinished, foreign]) utimesSync(file, 1, 1);
  const capacity = 8 * FILE;
  for (let id = 3; id <= 10; id++) {
    const before = readdirSync(folder);
    await fill(folder, [title(id)], capacity);
    for (const name of readdirSync(folder)) if (!before.includes(name)) utimesSync(join(folder, name), id, id);
  }
  expect(await Promise.all([3, 4, 5, 10].map((id) => hasTitle(folder, id)))).toEqual([false, true, true, true]);
  expect(readdirSync(folder)).toContain("thesis.txt");
  expect(readdirSync(folder).length).toBe(1 + 7);
  const store = await openTitleEncodingFolder(folder, encoder(), { capacity });
  for (let id = 0; id < 50; id++) {
    await store.write(Int32Array.of(1, id, 2), values(3));
    expect(readdirSync(folder).length).toBeLessThanOrEqual(1 + 8);
  }
});

test("goes on without what cannot be written or read", async () => {
  const parent = temporaryFolder();
  const folder = join(parent, "encodings");
  const store = await openTitleEncodingFolder(folder, encoder());
  await store.write(title(5), values(3));
  rmSync(folder, { recursive: true });
  expect(await store.read(title(5))).toBe(undefined);
  await store.write(title(5), values(3));
  writeFileSync(folder, "a file now");
  expect(await store.read(title(5))).toBe(undefined);
  await store.write(title(5), values(3));
  await expect(openTitleEncodingFolder(folder, encoder())).rejects.toThrow("expected a folder. Got a file.");
});

test("may be used by many at once: every reading is whole or nothing", async () => {
  const folder = temporaryFolder();
  const titles = Array.from({ length: 8 }, (_, id) => title(id));
  const stores = await Promise.all(
    [1, 2, 3].map(() => openTitleEncodingFolder(folder, encoder(), { capacity: 6 * FILE })),
  );
  let found = 0;
  await Promise.all(
    stores.map(async (store, index) => {
      // In turns, each title would be dropped just before it is asked for again.
      const random = new RandomStream(index);
      for (let round = 0; round < 30; round++) {
        const each = titles[random.nextInteger(titles.length)] as Int32Array;
        const data = await store.read(each);
        if (data === undefined) await store.write(each, values(3));
        else {
          found++;
          expect(bits(data)).toEqual(bits(values(3)));
        }
      }
    }),
  );
  expect(found).toBeGreaterThan(0);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
