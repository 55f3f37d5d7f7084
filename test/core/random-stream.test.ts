import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";

/** xoshiro128** 1.1 as published, on BigInts that are cut to 32 bits. */
function* xoshiro(state: readonly number[]): Generator<number> {
  const MASK = 0xffffffffn;
  let [a, b, c, d] = state.map(BigInt) as [bigint, bigint, bigint, bigint];
  const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & MASK;
  for (;;) {
    yield Number((rotate((b * 5n) & MASK, 7n) * 9n) & MASK);
    const t = (b << 9n) & MASK;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11n);
  }
}

test("draws the words of xoshiro128**", () => {
  const stream = new RandomStream([1, 2, 3, 4]);
  const reference = xoshiro([1, 2, 3, 4]);
  for (let draw = 0; draw < 1000; draw++) expect(stream.nextWord()).toBe(reference.next().value);
});

test("goes on from a state as if it had never stopped", () => {
  const stream = new RandomStream(5);
  for (let draw = 0; draw < 10; draw++) stream.next();
  const resumed = new RandomStream(JSON.parse(JSON.stringify(stream.state)));
  for (let draw = 0; draw < 10; draw++) expect(resumed.nextNormal()).toBe(stream.nextNormal());
});

test("gives different streams for different seeds and names, and leaves the stream that is forked as it was", () => {
  const first = (stream: RandomStream) => stream.nextWord();
  const stream = new RandomStream(6);
  const words = [
    first(new RandomStream(6)),
    first(new RandomStream(7)),
    first(new RandomStream(-6)),
    first(new RandomStream(2 ** 32 + 6)),
    first(stream.fork("a")),
    first(stream.fork("b")),
    first(stream.fork(1)),
    first(stream.fork("1")),
  ];
  expect(new Set(words).size).toBe(words.length);
  expect(first(stream.fork("a"))).toBe(words[4]);
  expect(first(stream)).toBe(words[0]);
});

test("is uniform: each of 16 intervals and of 7 numbers gets its share", () => {
  const stream = new RandomStream(8);
  const draws = 70_000;
  const [intervals, numbers] = [new Array(16).fill(0), new Array(7).fill(0)];
  for (let draw = 0; draw < draws; draw++) {
    intervals[Math.floor(stream.next() * 16)]++;
    numbers[stream.nextInteger(7)]++;
  }
  // Five deviations of a binomial count: fails by chance once in a million.
  for (const counts of [intervals, numbers]) {
    const expected = draws / counts.length;
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
});

test("draws normal numbers with mean 0, deviation 1 and the tails of a normal distribution", () => {
  const stream = new RandomStream(9);
  const values = Array.from({ length: 50_000 }, () => stream.nextNormal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.025);
  expect(Math.abs(variance - 1)).toBeLessThan(0.035);
  expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.005);
});

test("shuffles: a permutation, and every order comes up", () => {
  const stream = new RandomStream(10);
  const orders = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const order = stream.shuffle([0, 1, 2]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(["012", "021", "102", "120", "201", "210"]);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(160);
});

test("refuses what is no seed and no bound", () => {
  expect(() => new RandomStream(0.5)).toThrow("RandomStream: seed must be a whole number. Got 0.5.");
  expect(() => new RandomStream(1).nextInteger(0)).toThrow("bound must be a whole number in [1, 2^32]. Got 0.");
});
