import * as tf from "@tensorflow/tfjs-core";

/** A loss and how it changes with each parameter, owned by the caller. */
export interface LossAndGradients {
  readonly loss: tf.Scalar;
  /** By path. A parameter that the loss does not depend on is not there. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Computes a loss and its gradient for each of the parameters.
 *
 * @throws Error when no gradients are registered (`@tensorflow/tfjs` was not imported); whatever `computeLoss` throws,
 * after freeing what had been kept for a gradient
 */
export function computeGradients(
  computeLoss: () => tf.Scalar,
  parameters: ReadonlyMap<string, tf.Variable>,
): LossAndGradients {
  if (tf.getGradient("Sum") === undefined) {
    throw new Error(
      'Training needs gradients, which only the whole of TensorFlow.js brings: import "@tensorflow/tfjs".',
    );
  }
  try {
    // The engine itself would leave the loss behind where a gradient fails.
    const { value, grads } = tf.tidy(() => tf.variableGrads(computeLoss, [...parameters.values()]));
    const gradients = new Map<string, tf.Tensor>();
    for (const [path, { name }] of parameters) {
      const gradient = grads[name];
      if (gradient) gradients.set(path, gradient);
    }
    return { loss: value, gradients };
  } catch (error) {
    // The engine frees what its tape holds when a gradient is complete, and only then.
    for (const { saved = [] } of tf.engine().state.activeTape ?? []) tf.dispose(saved);
    throw error;
  }
}
