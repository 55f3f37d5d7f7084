/**
 * What became of a dataset's videos when they were read for the first time. Every later reading has the same ones, so that
 * what is measured on them can be compared.
 *
 * @typeParam Video what is kept of a video that could not be used
 */
export class FirstReading<Video extends { readonly line: number }> {
  /** By line; undefined for a video that could be used. */
  readonly #found: Map<number, Video | undefined>;

  constructor(found: Iterable<readonly [number, Video | undefined]> = []) {
    this.#found = new Map(found);
  }

  /** What became of the videos of some lines. */
  only(lines: ReadonlySet<number>): FirstReading<Video> {
    return new FirstReading([...this.#found].filter(([line]) => lines.has(line)));
  }

  /** Videos that could not be used, by line, whatever the order in which they were read. */
  get leftOut(): Video[] {
    const found = [...this.#found.values()].filter((video) => video !== undefined);
    return found.sort((a, b) => a.line - b.line);
  }

  /** Why the video of a line was left out, if it was: it stays so. */
  leftOutAt(line: number): Video | undefined {
    return this.#found.get(line);
  }

  /** Whether the video of a line could be used. */
  wasUsed(line: number): boolean {
    return this.#found.has(line) && this.#found.get(line) === undefined;
  }

  use(line: number): void {
    if (!this.#found.has(line)) this.#found.set(line, undefined);
  }

  leaveOut(video: Video): void {
    this.#found.set(video.line, video);
  }
}
