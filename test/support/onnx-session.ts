import * as ort from "onnxruntime-web";
import { expect } from "vitest";
import { expectClose } from "./tensors.ts";

ort.env.wasm.numThreads = 1;

export type OnnxValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** The bytes of a file that comes piece by piece. */
export async function bytesOf(file: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}

/** An exported model in onnxruntime, an implementation of ONNX that is not ours. */
export class OnnxSession {
  readonly session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.session = session;
  }

  static async open(file: AsyncIterable<Uint8Array> | Uint8Array): Promise<OnnxSession> {
    const bytes = file instanceof Uint8Array ? file : await bytesOf(file);
    return new OnnxSession(await ort.InferenceSession.create(bytes));
  }

  /** What it makes of inputs: float32 for a Float32Array, else int64. */
  async run(inputs: OnnxValues): Promise<OnnxValues> {
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array
        ? new ort.Tensor("float32", data, shape)
        : new ort.Tensor("int64", BigInt64Array.from(Array.from(data), BigInt), shape),
    ]);
    const results = await this.session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
    );
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

export function expectOutput(outputs: OnnxValues, name: string, expected: OnnxValues[string], tolerance: number): void {
  expect(outputs[name]?.shape, `${name}: shape`).toEqual(expected.shape);
  expectClose(outputs[name]?.data ?? [], expected.data, tolerance, name);
}
