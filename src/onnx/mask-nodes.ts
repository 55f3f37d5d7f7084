import type { OnnxGraph } from "./onnx-graph.ts";

/** Lower than any value that is worth a thought, as in ops/masked-softmax. */
const LOWEST = -3e38;

/** Which rows of padded sequences are their own, in the forms that nodes want. */
export interface MaskNodes {
  /** [batch], int64 */
  readonly length: string;
  /** [batch, time], bool */
  readonly kept: string;
  /** [batch, time] of ones and zeros, float32 */
  readonly mask: string;
}

/** The size of axis 1 of a value, as a list of one whole number. */
export function timeOf(graph: OnnxGraph, value: string): string {
  return graph.apply("Shape", [value], { start: { int: 1 }, end: { int: 2 } });
}

/**
 * @param values [batch, time, ...]
 * @param length [batch], int64
 */
export function maskOf(graph: OnnxGraph, values: string, length: string): MaskNodes {
  const time = graph.apply("Squeeze", [timeOf(graph, values), graph.integers(0)]);
  const steps = graph.apply("Range", [graph.integer(0), time, graph.integer(1)]);
  const kept = graph.apply("Less", [steps, graph.apply("Unsqueeze", [length, graph.integers(1)])]);
  return { length, kept, mask: graph.cast(kept, "float32") };
}

/** values [batch, time, size] with zeros at the padding */
export function zeroPadding(graph: OnnxGraph, values: string, { mask }: MaskNodes): string {
  return graph.apply("Mul", [values, graph.apply("Unsqueeze", [mask, graph.integers(2)])]);
}

/** scores [batch, time] -> their softmax over what the mask keeps; zeros for a row without anything */
export function maskedSoftmax(graph: OnnxGraph, scores: string, { kept, mask }: MaskNodes): string {
  const inside = graph.apply("Where", [kept, scores, graph.number(LOWEST)]);
  return graph.apply("Mul", [graph.apply("Softmax", [inside], { axis: { int: -1 } }), mask]);
}

/** values [batch, size, time] -> the highest of what the mask keeps, [batch, size]; zeros for a row without anything */
export function maskedMax(graph: OnnxGraph, values: string, { length, kept }: MaskNodes): string {
  const inside = graph.apply("Where", [
    graph.apply("Unsqueeze", [kept, graph.integers(1)]),
    values,
    graph.number(LOWEST),
  ]);
  const highest = graph.apply("ReduceMax", [inside], { axes: { ints: [2] }, keepdims: { int: 0 } });
  const hasAny = graph.apply("Unsqueeze", [graph.apply("Greater", [length, graph.integers(0)]), graph.integers(1)]);
  return graph.apply("Where", [hasAny, highest, graph.number(0)]);
}
