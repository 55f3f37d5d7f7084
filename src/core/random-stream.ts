/** Everything that a stream needs to go on where it stopped: four 32-bit words. */
export type RandomState = readonly [number, number, number, number];

const FLOAT32_STEP = 2 ** -24;

/**
 * A seeded stream of random numbers: the same on every machine and backend.
 * Nothing in this library draws from a global source; whoever wants chance passes a stream.
 *
 * Source: xoshiro128** 1.1 by Blackman and Vigna (arXiv:1805.01407).
 */
export class RandomStream {
  // Four 32-bit integers, each in a field of its own: an array would make every draw four times slower.
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed a whole number, or the state of a stream to go on from */
  constructor(seed: number | RandomState) {
    if (typeof seed === "object" && seed !== null) {
      this.#set(seed);
    } else {
      if (!Number.isSafeInteger(seed)) throw new RangeError(`RandomStream: seed must be a whole number. Got ${seed}.`);
      this.#seed([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
    }
  }

  get state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  /**
   * A stream of its own for one purpose. It depends on this stream's state and on the name, and leaves this stream
   * as it is: drawing more for one purpose never shifts what another purpose draws.
   */
  fork(name: string | number): RandomStream {
    const forked = new RandomStream(0);
    forked.#seed([...this.state, ...new TextEncoder().encode(`${typeof name}:${name}`)]);
    return forked;
  }

  /** A whole number, uniform in [0, 2^32). */
  nextWord(): number {
    const b = this.#b;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** Uniform in [0, 1), a multiple of 2^-24: exact in float32. */
  next(): number {
    return (this.nextWord() >>> 8) * FLOAT32_STEP;
  }

  /** Normal with mean 0 and deviation 1 (Box-Muller). */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** A whole number, uniform in [0, bound). */
  nextInteger(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`RandomStream: bound must be a whole number in [1, 2^32]. Got ${bound}.`);
    }
    // Words past the last whole multiple of the bound would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = this.nextWord();
    while (word >= limit) word = this.nextWord();
    return word % bound;
  }

  /** Shuffles in place (Fisher-Yates) and returns the array. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.nextInteger(last + 1);
      [items[last], items[other]] = [items[other] as T, items[last] as T];
    }
    return items;
  }

  #seed(parts: readonly number[]): void {
    const words = [1, 2, 3, 4].map((lane) => {
      let hash = mix(Math.imul(lane, 0x9e3779b9));
      for (const part of parts) hash = mix(hash + 0x9e3779b9) ^ part;
      return mix(hash);
    });
    // All zeros is the one state that never changes.
    this.#set(words.every((word) => word === 0) ? [1, 0, 0, 0] : (words as unknown as RandomState));
  }

  #set([a, b, c, d]: RandomState): void {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The finalizer of MurmurHash3: every input bit changes every output bit with chance one half. */
function mix(value: number): number {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
