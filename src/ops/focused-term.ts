import * as tf from "@tensorflow/tfjs-core";

/** `log(1 + exp(x))`, without overflow. */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}

/**
 * The loss of a true label that counts less the surer the model is of it: `-(1 - p)^gamma * log p` with
 * `p = sigmoid(x)`. At -x it is that of a false label. Both logarithms are softplus of the logit, so that no p is
 * rounded to 0 or 1.
 */
export function focusedTerm(x: tf.Tensor, gamma: number): tf.Tensor {
  return tf.mul(tf.exp(tf.mul(softplus(x), -gamma)), softplus(tf.neg(x)));
}

/** The derivative of `focusedTerm` by x: `-(1 - p)^gamma * (1 - p - gamma * p * log p)`. */
export function focusedTermSlope(x: tf.Tensor, gamma: number): tf.Tensor {
  const focus = tf.exp(tf.mul(softplus(x), -gamma));
  const surprise = tf.mul(tf.sigmoid(x), softplus(tf.neg(x)));
  return tf.neg(tf.mul(focus, tf.add(tf.sigmoid(tf.neg(x)), tf.mul(surprise, gamma))));
}
