import type * as tf from "@tensorflow/tfjs-core";
import type { KernelExports, WasmBackend } from "./wasm-backend.ts";

/** Where packed weights get their memory. */
interface Memory {
  readonly kernels: Pick<KernelExports, "packedBytes" | "packMatrix">;
  addressOf(tensor: tf.TensorInfo): number;
  allocate(bytes: number): { readonly address: number; free(): void };
}

interface Packed {
  readonly depth: number;
  readonly columns: number;
  readonly address: number;
  free(): void;
}

/**
 * Right-hand sides of products in the order in which the kernels read them: made when a matrix is multiplied with for the
 * first time, kept as long as its values are. A variable that is assigned to gets others, and the packed ones go with the old; who
 * changes values in place says so by `drop`.
 */
export class PackedWeights {
  readonly #memory: Memory;
  readonly #packed = new Map<object, Packed>();

  constructor(memory: Memory, backend: WasmBackend) {
    this.#memory = memory;
    const disposeData = backend.disposeData.bind(backend);
    backend.disposeData = (dataId, force) => {
      const gone = disposeData(dataId, force);
      if (gone) this.drop(dataId);
      return gone;
    };
  }

  /**
   * @param matrix [depth, columns]
   * @returns the address of its packed values
   */
  of(matrix: tf.TensorInfo): number {
    const [depth, columns] = matrix.shape as [number, number];
    const known = this.#packed.get(matrix.dataId);
    if (known?.depth === depth && known.columns === columns) return known.address;
    this.drop(matrix.dataId);
    const { kernels } = this.#memory;
    const { address, free } = this.#memory.allocate(kernels.packedBytes(depth, columns) >>> 0);
    kernels.packMatrix(this.#memory.addressOf(matrix), false, depth, columns, address);
    this.#packed.set(matrix.dataId, { depth, columns, address, free });
    return address;
  }

  drop(dataId: object): void {
    this.#packed.get(dataId)?.free();
    this.#packed.delete(dataId);
  }
}
