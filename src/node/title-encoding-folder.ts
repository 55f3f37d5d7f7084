import { createHash, type Hash, randomBytes } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { ErnieEncoder } from "../models/ernie-encoder.ts";
import type { TitleEncodingStore } from "../tagging/title-encodings.ts";
import { errorCode, expectWritable, makeFolder } from "./files.ts";

export interface TitleEncodingFolderOptions {
  /** Bytes in the folder at most. Default 4 GiB. */
  readonly capacity?: number;
}

const CAPACITY = 4 * 2 ** 30;

/** Bytes of the checksum that a file begins with. */
const CHECKSUM = 32;

/** To be raised when the encoder computes otherwise than before: what is stored is of no use then. */
const VERSION = 1;

/** What this store calls its files, finished or not; it touches no others. */
const OURS = /^[0-9a-f]{64}\.encoding(\.[0-9a-f]{12}\.tmp)?$/;

/**
 * A folder of title encodings, to be used again by the next process with the same encoder: a file a title, named by the
 * SHA-256 of the encoder's weights and configuration, the backend and its version, and the token ids. Encoders and
 * processes may share a folder.
 *
 * A file takes its name when it is whole, and begins with a checksum: one that is damaged nevertheless is computed and
 * written anew. Full disks and other troubles in later writing are passed over, as everything here can be computed.
 * The oldest files go when the folder is full; processes that fill it at the same time, more than two, may together
 * go beyond its capacity by a sixteenth each.
 *
 * @param encoder its weights are read when the first title is asked for, and must not change after that
 * @throws FileError when the folder cannot be made or written to
 */
export async function openTitleEncodingFolder(
  folder: string,
  encoder: ErnieEncoder,
  { capacity = CAPACITY }: TitleEncodingFolderOptions = {},
): Promise<TitleEncodingStore> {
  await expectWritable(folder);
  await makeFolder(folder);
  return new TitleEncodingFolder(folder, encoder, capacity);
}

class TitleEncodingFolder implements TitleEncodingStore {
  readonly #folder: string;
  readonly #encoder: ErnieEncoder;
  readonly #capacity: number;
  #encoderDigest: Promise<Buffer> | undefined;
  /** Bytes written since the folder was last measured; at first nobody knows what it holds. */
  #unmeasured = Number.POSITIVE_INFINITY;

  constructor(folder: string, encoder: ErnieEncoder, capacity: number) {
    this.#folder = folder;
    this.#encoder = encoder;
    this.#capacity = capacity;
  }

  async read(title: Int32Array): Promise<Float32Array | undefined> {
    const key = await this.#key(title);
    const bytes = await ignoringTrouble(readFile(this.#fileOf(key)));
    if (bytes === undefined) return undefined;
    const values = bytes.subarray(CHECKSUM);
    const size = title.length * this.#encoder.config.hiddenSize * Float32Array.BYTES_PER_ELEMENT;
    if (values.length !== size || !bytes.subarray(0, CHECKSUM).equals(checksum(key, values))) return undefined;
    return new Float32Array(new Uint8Array(values).buffer);
  }

  async write(title: Int32Array, values: Float32Array): Promise<void> {
    const key = await this.#key(title);
    const bytes = bytesOf(values);
    const file = this.#fileOf(key);
    const unfinished = `${file}.${randomBytes(6).toString("hex")}.tmp`;
    const save = async (): Promise<boolean> => {
      await writeFile(unfinished, Buffer.concat([checksum(key, bytes), bytes]));
      await rename(unfinished, file);
      return true;
    };
    const isSaved = await ignoringTrouble(save());
    if (!isSaved) await ignoringTrouble(rm(unfinished, { force: true }));
    this.#unmeasured += CHECKSUM + bytes.length;
    if (this.#unmeasured >= this.#capacity / 16) await this.#shrink();
  }

  /** Removes the oldest files until an eighth of the capacity is free. */
  async #shrink(): Promise<void> {
    this.#unmeasured = 0;
    const files: { readonly path: string; readonly size: number; readonly time: number }[] = [];
    for (const name of (await ignoringTrouble(readdir(this.#folder))) ?? []) {
      const path = join(this.#folder, name);
      const found = OURS.test(name) ? await ignoringTrouble(stat(path)) : undefined;
      if (found !== undefined) files.push({ path, size: found.size, time: found.mtimeMs });
    }
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
      if (bytes <= (this.#capacity * 7) / 8) return;
      await ignoringTrouble(rm(path, { force: true }));
      bytes -= size;
    }
  }

  async #key(title: Int32Array): Promise<Buffer> {
    this.#encoderDigest ??= digestEncoder(this.#encoder);
    const computed = `${VERSION} ${tf.getBackend()} ${tf.version_core} ${endianness()} `;
    return sha256()
      .update(computed)
      .update(await this.#encoderDigest)
      .update(bytesOf(title))
      .digest();
  }

  #fileOf(key: Buffer): string {
    return join(this.#folder, `${key.toString("hex")}.encoding`);
  }
}

/** Weights by path and shape, and what of the configuration they do not show. */
async function digestEncoder(encoder: ErnieEncoder): Promise<Buffer> {
  const { heads, activation } = encoder.config;
  const hash = sha256().update(JSON.stringify({ heads, activation }));
  for (const [path, variable] of encoder.parameters()) {
    hash.update(JSON.stringify([path, variable.shape])).update(bytesOf((await variable.data()) as Float32Array));
  }
  return hash.digest();
}

function checksum(key: Buffer, values: Uint8Array): Buffer {
  return sha256().update(key).update(values).digest();
}

function sha256(): Hash {
  return createHash("sha256");
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What the file system answers, or undefined where it cannot: a store may forget, but must not fail. */
async function ignoringTrouble<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
