/** The smallest probability that a logarithm is taken of: float32 cannot tell smaller distances from 1. */
const SMALLEST = 2 ** -24;

/**
 * The loss of one video from its probabilities, as training sums it.
 * - `sigmoid`: `-sum over labels of (true ? log p : log(1 - p))`
 * - `softmax`: `-mean over its true labels of log p`
 *
 * @param scores [numClasses]: probabilities
 * @param classes indices of the true labels
 */
export function videoLoss(
  scores: ArrayLike<number>,
  classes: readonly number[],
  head: "sigmoid" | "softmax" = "sigmoid",
): number {
  const surprise = (probability: number) => -Math.log(Math.max(probability, SMALLEST));
  const truth = new Set(classes);
  let loss = 0;
  for (const index of truth) loss += surprise(scores[index] as number);
  if (head === "softmax") return truth.size === 0 ? 0 : loss / truth.size;
  for (let index = 0; index < scores.length; index++) {
    if (!truth.has(index)) loss += surprise(1 - (scores[index] as number));
  }
  return loss;
}
