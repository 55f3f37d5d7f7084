/**
 * Deals the examples of a batch so that every share is about as much work and, within one, as many examples: sorted by their
 * cost, they are dealt out forth and back. What a share pads costs next to nothing, because the kernels skip it.
 *
 * @param costs of each example
 * @param shares at most so many; a small batch gives fewer
 * @returns the places of each share's examples in the batch
 */
export function dealExamples(costs: readonly number[], shares: number): number[][] {
  const order = [...costs.keys()].sort((a, b) => (costs[b] as number) - (costs[a] as number));
  const hands: number[][] = Array.from({ length: Math.min(shares, order.length) }, () => []);
  for (const [turn, place] of order.entries()) {
    const round = Math.floor(turn / hands.length);
    const seat = turn % hands.length;
    hands[round % 2 === 0 ? seat : hands.length - 1 - seat]?.push(place);
  }
  return hands;
}
