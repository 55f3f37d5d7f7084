import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";

/** Tensors by name; their values stand in shared memory one after another, in this order. */
export type Layout = ReadonlyMap<string, tf.Tensor>;

/** A parameter as another thread must have it. */
export interface ParameterPlace {
  readonly path: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

export function layoutOf(parameters: ReadonlyMap<string, tf.Variable>): ParameterPlace[] {
  return [...parameters].map(([path, { shape, trainable }]) => ({ path, shape, trainable }));
}

/** Memory that threads share, for the values of these tensors. */
export function shareMemory(layout: Layout): Float32Array {
  const values = [...layout.values()].reduce((sum, { size }) => sum + size, 0);
  return sharedValues(values);
}

/** Memory that threads share, for so many values: zeros. */
export function sharedValues(values: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(values * Float32Array.BYTES_PER_ELEMENT));
}

/**
 * Writes tensors into shared memory.
 *
 * @param layout where each has its place
 * @param tensors by the names of the layout; where one is missing, zeros are written
 */
export async function writeValues(layout: Layout, tensors: Layout, memory: Float32Array): Promise<void> {
  for (const [name, place] of places(layout, memory)) {
    const tensor = tensors.get(name);
    if (tensor === undefined) place.fill(0);
    else if (tf.getBackend() === "wasm") place.set(valuesInHeap(tensor));
    else place.set((await tensor.data()) as Float32Array);
  }
}

/** Sets variables to the values that stand in shared memory. */
export function readVariables(variables: ReadonlyMap<string, tf.Variable>, memory: Float32Array): void {
  for (const [name, place] of places(variables, memory)) {
    const variable = variables.get(name) as tf.Variable;
    const values = tensorOf(place, variable.shape);
    variable.assign(values);
    values.dispose();
  }
}

/** A tensor of each of these names with the values that stand in shared memory; owned by the caller. */
export function readTensors(layout: Layout, names: ReadonlySet<string>, memory: Float32Array): Map<string, tf.Tensor> {
  const tensors = new Map<string, tf.Tensor>();
  for (const [name, place] of places(layout, memory)) {
    if (names.has(name)) tensors.set(name, tensorOf(place, (layout.get(name) as tf.Tensor).shape));
  }
  return tensors;
}

function* places(layout: Layout, memory: Float32Array): Generator<[string, Float32Array]> {
  let begin = 0;
  for (const [name, { size }] of layout) {
    yield [name, memory.subarray(begin, begin + size)];
    begin += size;
  }
}

/** wasm copies values into its own heap at once; other backends may go on using what they were given. */
function tensorOf(values: Float32Array, shape: number[]): tf.Tensor {
  return tf.tensor(tf.getBackend() === "wasm" ? values : values.slice(), shape);
}

/** A tensor's values in the heap of the wasm backend itself: gone when it next allocates. */
function valuesInHeap(tensor: tf.Tensor): Float32Array {
  const backend = tf.backend() as BackendWasm;
  const begin = backend.getMemoryOffset(tensor.dataId);
  // Emscripten's name for the heap, which tfjs's types leave out.
  const { HEAPU8 } = backend.wasm as unknown as { readonly HEAPU8: Uint8Array };
  return new Float32Array(HEAPU8.buffer, begin, tensor.size);
}
