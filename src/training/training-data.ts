import type { RandomStream } from "../core/random-stream.ts";

/** What a training goes through once in each epoch. */
export interface TrainingData<Example> {
  /** What messages call it. */
  readonly name: string;
  /** Examples that it offers; some of them may prove unreadable. */
  readonly size: number;
  /** The examples, in an order that is drawn from the stream. The same stream gives the same order. */
  examples(options: ExampleOrder): AsyncIterable<PlacedExample<Example>>;
}

export interface ExampleOrder {
  readonly order: RandomStream;
  /** The position of the last example that is already done: the others follow in the same order. Default: none is. */
  readonly after?: string;
}

export interface PlacedExample<Example> {
  readonly example: Example;
  /** Where to go on from after it. */
  readonly position: string;
}

/** A list in memory as training data. */
export function dataOf<Example>(examples: readonly Example[]): TrainingData<Example> {
  return {
    name: "the training data",
    size: examples.length,
    async *examples({ order, after = "0" }) {
      const shuffled = order.shuffle([...examples]);
      for (let done = Number(after); done < shuffled.length; done++) {
        yield { example: shuffled[done] as Example, position: String(done + 1) };
      }
    },
  };
}
