/** What a reader gave to the page: a feature file, a tagger's files, or both. */
export interface ChosenFiles {
  /** None, or everything that may belong to a tagger. */
  readonly tagger: readonly File[];
  readonly features: File | undefined;
}

/** @throws Error whose message is a sentence, when it can be neither */
export function chosenFiles(files: readonly File[]): ChosenFiles {
  const features = files.filter(({ name }) => name.toLowerCase().endsWith(".pkl"));
  const others = files.filter((file) => !features.includes(file));
  if (features.length > 1) throw new Error(`One feature file at a time, please. Got ${features.length}.`);
  const hasManifest = others.some(({ name }) => name === "tagger.json");
  if (others.length > 0 && !hasManifest) {
    const problem = "expected a feature file (.pkl), or a tagger's files with tagger.json among them.";
    throw new Error(`${(others[0] as File).name}: ${problem}`);
  }
  return { tagger: others, features: features[0] };
}
