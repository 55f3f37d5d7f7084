/** How often label `predicted` is predicted where label `present` is true and `predicted` is not. */
export interface LabelMixUp {
  /** Index of the true label. */
  readonly present: number;
  /** Index of the label that is predicted wrongly. */
  readonly predicted: number;
  /** Videos where it happens. */
  readonly videos: number;
  /** Videos where it can happen: those with the one label and without the other. */
  readonly of: number;
}

export interface LabelMixUps {
  /** The most frequent first; of equally frequent ones that with the larger share, then by index. */
  readonly pairs: readonly LabelMixUp[];
  /** How many different pairs there are, listed or not. */
  readonly total: number;
}

/**
 * Finds the labels that are most often mixed up. With several labels a video there is no confusion matrix; a pair of
 * labels (A, B) is counted in every video where A is true, B is not, and B is predicted.
 *
 * @param videos the indices of their true labels, and [numClasses] decisions: 1 for each label that is predicted, else 0
 * @param limit how many pairs to list
 */
export function findLabelMixUps(
  videos: readonly { readonly classes: readonly number[]; readonly decisions: ArrayLike<number> }[],
  numClasses: number,
  limit: number,
): LabelMixUps {
  const videosWith: number[][] = Array.from({ length: numClasses }, () => []);
  const wrong = videos.map(({ classes, decisions }, video) => {
    for (const index of classes) videosWith[index]?.push(video);
    const truth = new Set(classes);
    const predicted: number[] = [];
    for (let index = 0; index < numClasses; index++) {
      if (decisions[index] === 1 && !truth.has(index)) predicted.push(index);
    }
    return Uint32Array.from(predicted);
  });

  let pairs: LabelMixUp[] = [];
  let total = 0;
  const counts = new Uint32Array(numClasses);
  const together = new Uint32Array(numClasses);
  for (const [present, members] of videosWith.entries()) {
    counts.fill(0);
    together.fill(0);
    for (const video of members) {
      for (const predicted of wrong[video] ?? []) increase(counts, predicted);
      for (const other of videos[video]?.classes ?? []) increase(together, other);
    }
    // A pair that is rarer than all of a full list is never looked at again: memory stays that of the list.
    const least = pairs.length < limit ? 1 : (pairs.at(-1)?.videos ?? 1);
    const found: LabelMixUp[] = [];
    for (let predicted = 0; predicted < counts.length; predicted++) {
      const count = counts[predicted] as number;
      if (count > 0) total++;
      if (count < least) continue;
      found.push({ present, predicted, videos: count, of: members.length - (together[predicted] as number) });
    }
    if (found.length > 0) pairs = [...pairs, ...found].sort(byFrequency).slice(0, limit);
  }
  return { pairs, total };
}

function increase(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}

function byFrequency(a: LabelMixUp, b: LabelMixUp): number {
  return b.videos - a.videos || b.videos / b.of - a.videos / a.of || a.present - b.present || a.predicted - b.predicted;
}
