/** Lets whatever else waits have its turn: a request, an interruption. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
