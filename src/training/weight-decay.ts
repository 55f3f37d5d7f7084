/**
 * Biases, and the scales of layer norms: what is mostly left undecayed, since it does not scale the features with one
 * another. (Embeddings, kernels and peephole weights remain.)
 */
export const BIASES_AND_NORMS: readonly RegExp[] = [/(^|\.)bias$/, /[nN]orm\.scale$/];

/**
 * Weight decay for all parameters but those whose path fits one of the patterns.
 *
 *     adamW({ weightDecay: weightDecayExcept(0.01, BIASES_AND_NORMS) })
 */
export function weightDecayExcept(weightDecay: number, excluded: readonly RegExp[]): (path: string) => number {
  // `search`, unlike `test`, begins at the start whatever the pattern's flags.
  return (path) => (excluded.some((pattern) => path.search(pattern) >= 0) ? 0 : weightDecay);
}
