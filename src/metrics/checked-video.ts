/**
 * The true classes of a video, each once, after checking that the video can be measured.
 *
 * @param metric the name that an error begins with
 * @param video which video it is, from 0, for the error
 * @throws RangeError when there are not numClasses scores, a score is NaN, or a true class has no score
 */
export function checkedTrueClasses(
  metric: string,
  video: number,
  scores: ArrayLike<number>,
  trueClasses: readonly number[],
  numClasses: number = scores.length,
): readonly number[] {
  if (scores.length !== numClasses) {
    throw new RangeError(`${metric}: video ${video} must have ${numClasses} scores. Got ${scores.length}.`);
  }
  for (let index = 0; index < scores.length; index++) {
    if (Number.isNaN(scores[index])) {
      throw new RangeError(`${metric}: video ${video} has the score NaN for class ${index}.`);
    }
  }
  for (const trueClass of trueClasses) {
    if (scores[trueClass] === undefined) {
      throw new RangeError(`${metric}: video ${video} has the true class ${trueClass}, but ${scores.length} scores.`);
    }
  }
  return trueClasses.length < 2 ? trueClasses : [...new Set(trueClasses)];
}

/** @throws RangeError when two metrics that are to merge were made with different options */
export function expectSameOption(name: string, first: unknown, second: unknown): void {
  const [wanted, got] = [String(first), String(second)];
  if (wanted !== got) throw new RangeError(`${name} must be the same in both to merge. Got ${wanted} and ${got}.`);
}

/** @throws RangeError when the value is not a whole number of 1 or more */
export function expectCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number of 1 or more. Got ${value}.`);
  }
}
