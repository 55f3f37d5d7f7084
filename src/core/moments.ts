import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "./module.ts";

/** What rows come to, column by column: plain data, which can travel to another thread. */
export interface Moments {
  readonly rows: number;
  readonly mean: readonly number[];
  /** The mean of the squared distances from the mean. */
  readonly variance: readonly number[];
}

/** The same as tensors: rows [], mean and variance [size]. */
export type MomentTensors = {
  readonly rows: tf.Scalar;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
};

/** A module that keeps running statistics of the rows that it sees in training. */
export interface KeepsStatistics {
  /** Moves the running statistics towards the moments of a batch. */
  absorb(moments: Moments): void;
}

/**
 * The moments of the rows of both, as if they had been seen together.
 *
 * Source: Chan, Golub and LeVeque 1979, STAN-CS-79-773.
 */
export function mergeMoments(some: Moments, others: Moments): Moments {
  const rows = some.rows + others.rows;
  if (rows === 0) return some;
  const share = others.rows / rows;
  const apart = some.mean.map((mean, column) => (others.mean[column] as number) - mean);
  return {
    rows,
    mean: some.mean.map((mean, column) => mean + share * (apart[column] as number)),
    variance: some.variance.map((variance, column) => {
      const between = (1 - share) * share * (apart[column] as number) ** 2;
      return (1 - share) * variance + share * (others.variance[column] as number) + between;
    }),
  };
}

/** The moments by module path of two parts of a batch. */
export function mergeAllMoments(
  some: ReadonlyMap<string, Moments>,
  others: ReadonlyMap<string, Moments> = new Map(),
): ReadonlyMap<string, Moments> {
  const merged = new Map(some);
  for (const [path, own] of others) {
    const before = merged.get(path);
    merged.set(path, before === undefined ? own : mergeMoments(before, own));
  }
  return merged;
}

/** Hands each module of a model its moments. */
export function absorbMoments(model: Module, moments: ReadonlyMap<string, Moments>): void {
  const modules = model.modules();
  for (const [path, own] of moments) (modules.get(path) as (Module & KeepsStatistics) | undefined)?.absorb(own);
}

/** Takes down the moments of a forward pass, while its other tensors are freed. */
export class MomentCollector {
  readonly #taken: { readonly module: KeepsStatistics; readonly tensors: MomentTensors }[] = [];

  /** @param tensors are copied */
  take(module: KeepsStatistics, { rows, mean, variance }: MomentTensors): void {
    const keep = <T extends tf.Tensor>(tensor: T): T => tf.keep(tf.clone(tensor));
    this.#taken.push({ module, tensors: { rows: keep(rows), mean: keep(mean), variance: keep(variance) } });
  }

  /** The moments by the paths of the model's modules; of one that was used more than once, those of all rows. */
  async read(model: Module): Promise<ReadonlyMap<string, Moments>> {
    const paths = new Map<unknown, string>([...model.modules()].map(([path, module]) => [module, path]));
    let moments: ReadonlyMap<string, Moments> = new Map();
    for (const { module, tensors } of this.#taken) {
      const [rows] = await tensors.rows.data();
      const [mean, variance] = [[...(await tensors.mean.data())], [...(await tensors.variance.data())]];
      moments = mergeAllMoments(
        moments,
        new Map([[paths.get(module) as string, { rows: rows as number, mean, variance }]]),
      );
    }
    return moments;
  }

  dispose(): void {
    for (const { tensors } of this.#taken.splice(0)) tf.dispose(Object.values(tensors));
  }
}
