/** The classes of the k highest scores, the highest first; of equal scores the lower class index comes first. */
export function topClasses(scores: ArrayLike<number>, k: number): number[] {
  const top: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number;
    let place = top.length;
    while (place > 0 && score > (scores[top[place - 1] as number] as number)) place--;
    if (place >= k) continue;
    top.splice(place, 0, index);
    if (top.length > k) top.pop();
  }
  return top;
}
