import fc from "fast-check";
import { expect, test } from "vitest";
import { GlobalAveragePrecision, MeanAveragePrecision, PrecisionAtEqualRecall } from "../../src/metrics/index.ts";
import { RankedList } from "../../src/metrics/ranked-list.ts";
import { topClasses } from "../../src/metrics/top-classes.ts";

interface Item {
  readonly score: number;
  readonly positive: boolean;
}

const items = (maxLength: number) =>
  fc.array(fc.record({ score: fc.integer({ min: -2, max: 2 }), positive: fc.boolean() }), { minLength: 1, maxLength });

const videos = fc.integer({ min: 1, max: 6 }).chain((numClasses) =>
  fc.array(
    fc.record({
      scores: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: numClasses, maxLength: numClasses }),
      labels: fc.uniqueArray(fc.nat({ max: numClasses - 1 })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
);

/** YouTube-8M's ap_at_n of a list that is in order. */
function averagePrecisionInOrder(ranking: readonly Item[], positives: number): number {
  let found = 0;
  let sum = 0;
  for (const [place, { positive }] of ranking.entries()) {
    if (positive) sum += ++found / (place + 1);
  }
  return sum / positives;
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((item, at) => permutations(list.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** The mean over all orders of the list, each sorted stably by score. */
function meanOverOrders(list: readonly Item[], positives: number): number {
  const orders = permutations(list).map((order) => order.sort((a, b) => b.score - a.score));
  return orders.reduce((sum, order) => sum + averagePrecisionInOrder(order, positives), 0) / orders.length;
}

function bestClasses(scores: readonly number[], k: number): number[] {
  return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b).slice(0, k);
}

test("the top classes are those that sorting gives, of equal scores the lower index first", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 })), fc.integer({ min: 1, max: 8 }), (scores, k) => {
      expect(topClasses(scores, k)).toEqual(bestClasses(scores, k));
    }),
  );
});

test("a ranking's average precision is the mean over all orders of its tied items", () => {
  fc.assert(
    fc.property(items(6), fc.nat({ max: 3 }), (list, missed) => {
      const ranking = new RankedList();
      for (const { score, positive } of list) ranking.add(score, positive);
      const positives = list.filter(({ positive }) => positive).length + missed;
      const expected = positives === 0 ? 0 : meanOverOrders(list, positives);
      expect(ranking.averagePrecision(positives)).toBeCloseTo(expected, 12);
    }),
  );
});

test("a bounded ranking keeps the best, of equal ones the first, and divides by no more than it keeps", () => {
  fc.assert(
    fc.property(items(150), fc.integer({ min: 1, max: 20 }), (list, limit) => {
      const bounded = new RankedList(limit);
      for (const { score, positive } of list) bounded.add(score, positive);
      const kept = new RankedList();
      const best = list.toSorted((a, b) => b.score - a.score).slice(0, limit);
      for (const { score, positive } of best) kept.add(score, positive);
      const positives = list.filter(({ positive }) => positive).length;
      expect(bounded.averagePrecision(positives)).toBe(kept.averagePrecision(Math.min(positives, limit)));
    }),
  );
});

test("PERR is the mean share of true labels among as many of the highest scores, none at or below 0", () => {
  fc.assert(
    fc.property(videos, (samples) => {
      const metric = new PrecisionAtEqualRecall();
      let sum = 0;
      for (const { scores, labels } of samples) {
        metric.add(scores, labels);
        const best = bestClasses(scores, labels.length).filter((label) => (scores[label] as number) > 0);
        if (labels.length > 0) sum += best.filter((label) => labels.includes(label)).length / labels.length;
      }
      expect(metric.result()).toBeCloseTo(sum / samples.length, 12);
    }),
  );
});

test("GAP ranks the k highest scores of all videos together; mAP by class", () => {
  fc.assert(
    fc.property(videos, fc.integer({ min: 1, max: 7 }), (samples, k) => {
      const numClasses = (samples[0] as { scores: number[] }).scores.length;
      const global = new GlobalAveragePrecision({ k });
      const mean = new MeanAveragePrecision({ numClasses, k });
      const all = new RankedList();
      const perClass = Array.from({ length: numClasses }, () => new RankedList());
      const support = new Array<number>(numClasses).fill(0);
      for (const { scores, labels } of samples) {
        global.add(scores, labels);
        mean.add(scores, labels);
        for (const label of labels) support[label] = (support[label] as number) + 1;
        for (const label of bestClasses(scores, k)) {
          all.add(scores[label] as number, labels.includes(label));
          (perClass[label] as RankedList).add(scores[label] as number, labels.includes(label));
        }
      }
      expect(global.result()).toBe(all.averagePrecision(support.reduce((sum, count) => sum + count, 0)));
      const expected = perClass.map((list, label) =>
        support[label] === 0 ? Number.NaN : list.averagePrecision(support[label] as number),
      );
      expect([...mean.result().perClass]).toEqual(expected);
      const defined = expected.filter((value) => !Number.isNaN(value));
      expect(mean.result().mean).toBe(defined.reduce((sum, value) => sum + value, 0) / defined.length);
    }),
  );
});

test("topN bounds the rankings of GAP and of each class of mAP", () => {
  const global = new GlobalAveragePrecision({ k: 1, topN: 2 });
  const mean = new MeanAveragePrecision({ numClasses: 2, k: 1, topN: 2 });
  // Class 0 is the best of every video; by score its truths are: false, true, true, true.
  for (const [score, labels] of [
    [9, []],
    [6, [0]],
    [8, [0]],
    [7, [0]],
  ] as const) {
    global.add([score, 0], labels);
    mean.add([score, 0], labels);
  }
  expect(global.result()).toBe(1 / 2 / 2);
  expect([...mean.result().perClass]).toEqual([1 / 2 / 2, Number.NaN]);
});
