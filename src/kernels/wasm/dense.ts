import type * as tf from "@tensorflow/tfjs-core";
import type { ColumnSumsInputs } from "../../ops/column-sums.ts";
import type { DenseActivation, DenseAttributes, DenseInputs } from "../../ops/dense.ts";
import type { ProductAttributes, ProductInputs } from "../../ops/product.ts";
import type { WasmMemory } from "./wasm-memory.ts";

/** As assembly/product.ts numbers them. */
const ACTIVATIONS: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2 };

/** `activation(x * kernel + bias)`; the kernel is packed once for as long as its values last. */
export function runDense(
  memory: WasmMemory,
  { x, kernel, bias, rowMask }: DenseInputs,
  { activation }: DenseAttributes,
): tf.TensorInfo[] {
  const [rows, depth] = x.shape;
  const columns = kernel.shape[1];
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
      memory.addressOf(bias), ACTIVATIONS[activation], false, memory.work,
    );
  });
  return [y];
}

/** A product with any of its factors stored transposed. */
export function runProduct(
  memory: WasmMemory,
  { a, b, rowMask }: ProductInputs,
  { transposeA, transposeB }: ProductAttributes,
): tf.TensorInfo[] | undefined {
  // Rows that are passed over would be columns of b then.
  if (transposeA && transposeB && rowMask !== undefined) return undefined;
  const [storedRows, width] = a.shape;
  const columns = b.shape[transposeB ? 0 : 1];
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
export function runColumnSums(memory: WasmMemory, { x, rowMask }: ColumnSumsInputs): tf.TensorInfo[] {
  const [rows, columns] = x.shape;
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
