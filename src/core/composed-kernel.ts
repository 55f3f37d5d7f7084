import * as tf from "@tensorflow/tfjs-core";

/**
 * An operation with a gradient of its own, composed of TensorFlow.js operations: it runs on every backend and stands
 * on the tape as one node. Where a backend has a kernel registered under the same name, that one runs instead.
 *
 * A gradient is a list of functions, one an input in order. Only those of inputs that lead to a wanted variable are
 * called, so the gradient of a feature or of a mask costs nothing. (`tf.customGrad` computes them all.)
 */
export interface ComposedKernel<Attributes extends tf.NamedAttrMap> {
  /** Unique among all kernels of the process. */
  readonly name: string;
  readonly forward: (inputs: tf.Tensor[], attributes: Attributes) => tf.Tensor[];
  /** For each output whether the gradient needs it. */
  readonly savedOutputs: boolean[];
  /** `saved`: all inputs, then the saved outputs. */
  readonly gradient: (dys: tf.Tensor[], saved: tf.Tensor[], attributes: Attributes) => (() => tf.Tensor)[];
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

function register<Attributes extends tf.NamedAttrMap>(kernel: ComposedKernel<Attributes>, backendName: string): void {
  const { name, savedOutputs } = kernel;
  if (tf.getGradient(name) === undefined) {
    tf.registerGradient({
      kernelName: name,
      saveAllInputs: true,
      outputsToSave: savedOutputs,
      gradFunc: (dy, saved, attributes) =>
        ({ ...kernel.gradient([dy].flat(), saved, attributes as Attributes) }) as unknown as ReturnType<tf.GradFunc>,
    });
  }
  if (tf.getKernel(name, backendName) === undefined) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => kernel.forward(inputs as unknown as tf.Tensor[], attrs as Attributes)),
    });
  }
}
