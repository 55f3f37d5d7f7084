import * as tf from "@tensorflow/tfjs-core";

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
  tf.backend(); // Starts the backend if it has not run yet; only then is its name known.
  register(kernel, tf.getBackend());
  // The engine takes inputs by name or, for kernels with any number of them, as an array; its types know the first only.
  return tf.engine().runKernel(kernel.name, inputs as unknown as tf.NamedTensorMap, attributes);
}

/**
 * The work of a kernel for one backend.
 *
 * @returns the outputs, or undefined where it cannot do this: the composed kernel does it then
 */
export type FasterKernel<Attributes extends tf.NamedAttrMap> = (
  inputs: tf.TensorInfo[],
  attributes: Attributes,
  backend: unknown,
) => tf.TensorInfo[] | undefined;

/** From now on this backend runs a kernel in this way. What runs it, and its gradient, are not touched. */
export function registerFasterKernel<Attributes extends tf.NamedAttrMap>(
  kernel: ComposedKernel<Attributes>,
  backendName: string,
  run: FasterKernel<Attributes>,
): void {
  removeFasterKernel(kernel, backendName);
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(inputs as unknown as tf.TensorInfo[], attrs as Attributes, backend) ?? runForward(kernel, inputs, attrs),
  });
}

/** From now on this backend composes a kernel again. */
export function removeFasterKernel({ name }: Pick<ComposedKernel<never>, "name">, backendName: string): void {
  if (tf.getKernel(name, backendName) !== undefined) tf.unregisterKernel(name, backendName);
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
