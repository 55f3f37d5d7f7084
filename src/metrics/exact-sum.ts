/**
 * A sum of finite numbers that is rounded once, at the end: it depends on the numbers alone, not on their order, so
 * that the sums of two parts merge into exactly the sum of the whole.
 *
 * It keeps the sum as numbers whose bits do not overlap, the smallest first.
 *
 * Source: Shewchuk, Adaptive Precision Floating-Point Arithmetic (1997), grow-expansion; rounded as Python's math.fsum.
 */
export class ExactSum {
  #parts: number[] = [];

  /** Adds a finite number. */
  add(value: number): void {
    let carried = value;
    let kept = 0;
    for (const part of this.#parts) {
      const [large, small] = Math.abs(carried) < Math.abs(part) ? [part, carried] : [carried, part];
      const sum = large + small;
      const rest = small - (sum - large);
      if (rest !== 0) this.#parts[kept++] = rest;
      carried = sum;
    }
    this.#parts.length = kept;
    this.#parts.push(carried);
  }

  /** Adds all that another sum has added. */
  merge(other: ExactSum): void {
    for (const part of [...other.#parts]) this.add(part);
  }

  /** The number nearest to the sum; of two that are as near, the even one. */
  get value(): number {
    const parts = [...this.#parts];
    let sum = parts.pop() ?? 0;
    let rest = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const before = sum;
      sum = before + part;
      rest = part - (sum - before);
      if (rest !== 0) break;
    }
    // The rest was half a last bit and went to the even side; what lies below it decides where it belongs.
    const below = parts.at(-1) ?? 0;
    if (rest * below > 0 && sum + 2 * rest - sum === 2 * rest) return sum + 2 * rest;
    return sum;
  }
}
