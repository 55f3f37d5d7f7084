import * as tf from "@tensorflow/tfjs-core";
import type { NumericArray } from "../formats/numeric-array.ts";

/** The version of ONNX's operators that graphs are made of: the first with LayerNormalization. */
export const OPSET = 17;

/** ONNX's numbers of the types that we use. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7 } as const;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly text: string };

export interface OnnxNode {
  readonly operator: string;
  /** Names of values; an empty one for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant of the graph. Its values are asked for when they are written, so that one at a time is in memory. */
export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: "float32" | "int64";
  readonly shape: readonly number[];
  readonly values: () => Promise<NumericArray>;
}

/** An input or output of the whole model. */
export interface OnnxPort {
  readonly name: string;
  readonly dtype: "float32" | "int64";
  /** A string is the name of an axis of any size. */
  readonly shape: readonly (number | string)[];
  /** A sentence for whoever opens the file. */
  readonly description: string;
}

/** A graph under construction: each call adds a node or a constant and returns the name of its value. */
export class OnnxGraph {
  readonly inputs: OnnxPort[] = [];
  readonly outputs: OnnxPort[] = [];
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Map<string, OnnxInitializer> = new Map();

  input(port: OnnxPort): string {
    this.inputs.push(port);
    return port.name;
  }

  /** Makes a value an output of the model. */
  output(value: string, port: OnnxPort): void {
    this.outputs.push(port);
    this.nodes.push({ operator: "Identity", inputs: [value], output: port.name, attributes: {} });
  }

  apply(operator: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): string {
    const output = `${operator}_${this.nodes.length}`;
    this.nodes.push({ operator, inputs, output, attributes });
    return output;
  }

  cast(value: string, to: keyof typeof ELEMENT_TYPES): string {
    return this.apply("Cast", [value], { to: { int: ELEMENT_TYPES[to] } });
  }

  /** A parameter as it is, under its path. */
  parameter(path: string, variable: tf.Variable): string {
    return this.weights(path, variable.shape, () => variable.clone());
  }

  /** Weights that are made of parameters when they are written. */
  weights(name: string, shape: readonly number[], make: () => tf.Tensor): string {
    return this.#initializer({ name, dtype: "float32", shape, values: () => valuesOf(make) });
  }

  number(value: number): string {
    const values = async () => ({ dtype: "float32", shape: [], data: Float32Array.of(value) }) as const;
    return this.#initializer({ name: `${value}`, dtype: "float32", shape: [], values });
  }

  integer(value: number): string {
    return this.#integers(`${value} (int64)`, [], [value]);
  }

  /** A list of whole numbers, such as a shape. */
  integers(...values: readonly number[]): string {
    return this.#integers(`[${values.join()}]`, [values.length], values);
  }

  #integers(name: string, shape: readonly number[], numbers: readonly number[]): string {
    const data = BigInt64Array.from(numbers, BigInt);
    return this.#initializer({ name, dtype: "int64", shape, values: async () => ({ dtype: "int64", shape, data }) });
  }

  #initializer(initializer: OnnxInitializer): string {
    this.initializers.set(initializer.name, initializer);
    return initializer.name;
  }
}

async function valuesOf(make: () => tf.Tensor): Promise<NumericArray> {
  const tensor = tf.tidy(make);
  try {
    return { dtype: "float32", shape: tensor.shape, data: (await tensor.data()) as Float32Array };
  } finally {
    tensor.dispose();
  }
}
