import * as tf from "@tensorflow/tfjs-core";

/** Gradients that were clipped, owned by the caller, as is their norm. */
export interface ClippedGradients {
  readonly gradients: Map<string, tf.Tensor>;
  /** The norm of all gradients together before they were clipped. */
  readonly norm: tf.Scalar;
}

/**
 * Scales all gradients by one factor, so that their norm as one long vector is `maxNorm` at most:
 * `gradient * maxNorm / max(norm, maxNorm)`. Shorter ones keep their values bit for bit. (PyTorch adds 1e-6 to the norm.)
 *
 * Nothing is read back from the backend. Neither the given map nor its tensors are changed or freed.
 *
 * Source: Pascanu et al. 2013, arXiv:1211.5063.
 *
 * @throws RangeError when maxNorm is not above 0
 */
export function clipByGlobalNorm(gradients: ReadonlyMap<string, tf.Tensor>, maxNorm: number): ClippedGradients {
  if (!(maxNorm > 0)) throw new RangeError(`clipByGlobalNorm: maxNorm must be above 0. Got ${maxNorm}.`);
  const [norm, ...clipped] = tf.tidy((): [tf.Scalar, ...tf.Tensor[]] => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    const total = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square), tf.scalar(0))) as tf.Scalar;
    const factor = tf.div(maxNorm, tf.maximum(total, maxNorm));
    return [total, ...[...gradients.values()].map((gradient) => tf.mul(gradient, factor))];
  });
  const paths = [...gradients.keys()];
  return { gradients: new Map(paths.map((path, index) => [path, clipped[index] as tf.Tensor])), norm };
}
