import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";

/**
 * One dispatch of a compute shader over flat buffers of float32.
 *
 * tfjs declares the buffers around the code: `result`, which it may read and write; each input under its name; `uniforms`
 * with the integers, the floats and, as `outShape`, the number of values of `result`. It calls `main` with the invocation's number.
 */
export interface Program {
  /** Unique among the backend's shaders: the code is compiled once a name. */
  readonly name: string;
  /** WGSL with `fn main(index : i32)`. */
  readonly code: string;
  readonly workgroupSize: readonly [number, number, number];
  readonly workgroups: readonly [number, number, number];
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly integers: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** The workgroups of a program whose invocations have nothing in common but their number. */
export function flatWorkgroups(invocations: number): Pick<Program, "workgroupSize" | "workgroups"> {
  return { workgroupSize: [64, 1, 1], workgroups: [Math.ceil(invocations / 64), 1, 1] };
}

/** A buffer of `size` values for programs to fill. It holds anything. */
export function makeBuffer(backend: WebGPUBackend, size: number): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.makeTensorInfo([size], "float32"));
}

/** Lines a program up. What it does not write, `result` keeps. */
export function runProgram(backend: WebGPUBackend, program: Program, result: tf.Tensor): void {
  const { name, code, workgroupSize, workgroups, inputs, integers, floats = {} } = program;
  const declare = (numbers: object, type: string): string[] =>
    Object.keys(numbers).map((each) => `${each} : ${type}, `);
  backend.runWebGPUProgram(
    {
      shaderKey: name,
      getUserCode: () => code,
      workgroupSize: [...workgroupSize],
      dispatch: [...workgroups],
      dispatchLayout: { x: [0] },
      outputShape: result.shape,
      variableNames: Object.keys(inputs),
      uniforms: [...declare(integers, "i32"), ...declare(floats, "f32")].join(""),
    },
    Object.values(inputs).map(({ dataId, dtype, size }) => ({ dataId, dtype, shape: [size] })),
    "float32",
    [
      ...Object.values(integers).map((value) => ({ type: "int32", data: [value] })),
      ...Object.values(floats).map((value) => ({ type: "float32", data: [value] })),
    ],
    result,
  );
}
