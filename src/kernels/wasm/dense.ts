import type * as tf from "@tensorflow/tfjs-core";
import { type DenseActivation, type DenseAttributes, unpackDense } from "../../ops/dense.ts";
import type { ProductAttributes } from "../../ops/product.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** As assembly/product.ts numbers them. */
const ACTIVATIONS: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2 };

/** `activation(x * kernel + bias)`; the kernel is packed once for as long as its values last. */
export function runDense(memory: WasmMemory, inputs: tf.TensorInfo[], attributes: DenseAttributes): tf.TensorInfo[] {
  const { x, kernel, bias, rowMask } = unpackDense(inputs, attributes);
  const [rows, depth] = x.shape as [number, number];
  const columns = kernel.shape[1] as number;
  const packed = memory.packed.of(kernel);
  const y = memory.output([rows, columns]);
  const out = memory.addressOf(y);
  withRows(memory, rowMask, rows, (list, count) => {
    clearOthers(memory, rowMask, rows, columns, out);
    // biome-ignore format: one group of arguments a line
    memory.kernels.multiplyPacked(
      memory.addressOf(x), depth, false, list, count, depth,
      packed, columns,
      out, columns, list,
      memory.addressOf(bias), ACTIVATIONS[attributes.activation], false, memory.work,
    );
  });
  return [y];
}

/** A product with any of its factors stored transposed. */
export function runProduct(
  memory: WasmMemory,
  [a, b, rowMask]: tf.TensorInfo[],
  { transposeA, transposeB }: ProductAttributes,
): tf.TensorInfo[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  // Rows that are passed over would be columns of b then.
  if (transposeA && transposeB && rowMask !== undefined) return undefined;
  const [storedRows, width] = a.shape as [number, number];
  const columns = b.shape[transposeB ? 0 : 1] as number;
  const rows = transposeA ? width : storedRows;
  const c = memory.output([rows, columns]);
  const out = memory.addressOf(c);
  withRows(memory, rowMask, storedRows, (list, count) => {
    const depth = transposeA ? count : width;
    if (!transposeA) clearOthers(memory, rowMask, rows, columns, out);
    memory.withScratch([memory.kernels.packedBlockBytes(depth, columns) >>> 0], (panels) => {
      // biome-ignore format: one group of arguments a line
      memory.kernels.multiply(
        memory.addressOf(a), width, transposeA, list, transposeA ? rows : count, depth,
        memory.addressOf(b), transposeB ? depth : columns, transposeB, transposeA ? list : 0, columns,
        out, columns, transposeA ? 0 : list,
        0, ACTIVATIONS.linear, false, panels, memory.work,
      );
    });
  });
  return [c];
}

/** Sums a matrix over its rows. */
export function runColumnSums(memory: WasmMemory, [x, rowMask]: tf.TensorInfo[]): tf.TensorInfo[] | undefined {
  if (x === undefined) return undefined;
  const [rows, columns] = x.shape as [number, number];
  const sums = memory.output([columns]);
  withRows(memory, rowMask, rows, (list, count) => {
    memory.kernels.sumColumns(memory.addressOf(x), columns, list, count, memory.addressOf(sums));
  });
  return [sums];
}

/** Lists the rows that a mask keeps; without a mask the list is 0, which stands for all of them. */
function withRows(
  memory: WasmMemory,
  rowMask: tf.TensorInfo | undefined,
  rows: number,
  use: (list: number, count: number) => void,
): void {
  if (rowMask === undefined) use(0, rows);
  else {
    memory.withScratch([4 * rows], (list) => use(list, memory.kernels.listRows(memory.addressOf(rowMask), rows, list)));
  }
}

function clearOthers(
  memory: WasmMemory,
  rowMask: tf.TensorInfo | undefined,
  rows: number,
  columns: number,
  out: number,
): void {
  if (rowMask !== undefined) memory.kernels.clearRows(memory.addressOf(rowMask), rows, columns, out);
}
