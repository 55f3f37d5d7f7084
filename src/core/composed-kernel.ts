import * as tf from "@tensorflow/tfjs-core";
import { guardBackend } from "./wasm-guard.ts";

/**
 * An operation with a gradient of its own, composed of TensorFlow.js operations: it runs on every backend and stands
 * on the tape as one node. A backend may have a faster kernel under the same name (`registerFasterKernel`).
 *
 * A gradient is a list of functions, one an input in order. Only those of inputs that lead to a wanted variable are
 * called, so the gradient of a feature or of a mask costs nothing. (`tf.customGrad` computes them all.)
 */
export interface ComposedKernel<Attributes extends tf.NamedAttrMap> {
  /** Unique among all kernels of the process. */
  readonly name: string;
  readonly forward: (inputs: tf.Tensor[], attributes: Attributes) => tf.Tensor[];
  /** For each output whether the gradient needs it. */
  readonly savedOutputs?: boolean[];
  /** `saved`: all inputs, then the saved outputs. Left out where none is needed: within another kernel's gradient. */
  readonly gradient?: (dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes) => (() => tf.Tensor)[];
}

/** Runs a composed kernel on the current backend. The caller owns the outputs. */
export function runComposedKernel<Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Attributes>,
  inputs: tf.Tensor[],
  attributes: Attributes,
): tf.Tensor[] {
  guardBackend(); // Starts the backend if it has not run yet; only then is its name known.
  register(kernel, tf.getBackend());
  // The engine takes inputs by name or, for kernels with any number of them, as an array; its types know the first only.
  return tf.engine().runKernel(kernel.name, inputs as unknown as tf.NamedTensorMap, attributes);
}

/** The work of a kernel for one backend. */
export interface FasterKernel<Attributes extends tf.NamedAttrMap> {
  /** Whether this backend, as it was built and started, lets it work. */
  worksOn(backend: unknown): boolean;
  /** @returns the outputs, or undefined where it cannot do this: the composed kernel does it then */
  run(inputs: tf.TensorInfo[], attributes: Attributes, backend: unknown): tf.TensorInfo[] | undefined;
}

const fasterKernels = new Map<string, (backend: unknown) => boolean>();

/** From now on this backend runs a kernel in this way. What runs it, and its gradient, are not touched. */
export function registerFasterKernel<Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Attributes>,
  backendName: string,
  faster: FasterKernel<Attributes>,
): void {
  removeFasterKernel(kernel, backendName);
  fasterKernels.set(keyOf(kernel, backendName), (backend) => faster.worksOn(backend));
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const outputs = faster.worksOn(backend)
        ? faster.run(inputs as unknown as tf.TensorInfo[], attrs as Attributes, backend)
        : undefined;
      return outputs ?? runForward(kernel, inputs, attrs);
    },
  });
}

type Named = { readonly name: string };

/** From now on this backend composes a kernel again. */
export function removeFasterKernel(kernel: Named, backendName: string): void {
  fasterKernels.delete(keyOf(kernel, backendName));
  if (tf.getKernel(kernel.name, backendName) !== undefined) tf.unregisterKernel(kernel.name, backendName);
}

/** Whether the current backend has a faster kernel in place of a composed one. */
export function hasFasterKernel(kernel: Named): boolean {
  const backend = guardBackend();
  return fasterKernels.get(keyOf(kernel, tf.getBackend()))?.(backend) ?? false;
}

function keyOf({ name }: Named, backendName: string): string {
  return `${backendName}/${name}`;
}

function register<Attributes extends tf.NamedAttrMap>(kernel: ComposedKernel<Attributes>, backendName: string): void {
  const { name, savedOutputs = [], gradient } = kernel;
  if (gradient !== undefined && tf.getGradient(name) === undefined) {
    tf.registerGradient({
      kernelName: name,
      saveAllInputs: true,
      outputsToSave: savedOutputs,
      gradFunc: (dy, saved, attributes) =>
        ({ ...gradient([dy].flat(), saved, attributes as Attributes) }) as unknown as ReturnType<tf.GradFunc>,
    });
  }
  if (tf.getKernel(name, backendName) === undefined) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => runForward(kernel, inputs, attrs),
    });
  }
}

function runForward<Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Attributes>,
  inputs: unknown,
  attributes: unknown,
): tf.Tensor[] {
  return tf.tidy(() => kernel.forward(inputs as tf.Tensor[], attributes as Attributes));
}
