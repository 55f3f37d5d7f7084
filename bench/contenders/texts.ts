import { readFileSync } from "node:fs";
import type { Prepared, Task } from "../harness/serve.ts";
import type { TextInputs } from "../inputs/texts.ts";

const BATCH = 1000;

/**
 * Makes a run of a tokenizer: all texts, in batches of 1,000, until the ids of each lie in JavaScript's memory.
 *
 * @param encode the ids of each text of a batch
 */
export async function tokenizing(
  task: Task,
  encode: (texts: string[]) => Promise<ArrayLike<number>[]> | ArrayLike<number>[],
  run: (texts: string[]) => unknown = encode,
): Promise<Prepared> {
  const inputs = task as unknown as TextInputs;
  const texts: string[] = JSON.parse(readFileSync(inputs.texts, "utf8"));
  const repeated = Array.from({ length: Math.max(1, Number(task["repeat"] ?? 1)) }, () => texts).flat();
  const batches = Array.from({ length: Math.ceil(repeated.length / BATCH) }, (_, index) =>
    repeated.slice(index * BATCH, (index + 1) * BATCH),
  );
  let note: string | undefined;
  if (inputs.expected !== undefined) {
    const expected: number[][] = JSON.parse(readFileSync(inputs.expected, "utf8"));
    const ids = await encode(texts);
    const exact = expected.filter((row, index) => row.join() === Array.from(ids[index] ?? []).join()).length;
    note = `the reference's ids for ${exact} of its ${expected.length} texts.`;
  }
  return {
    ...(note !== undefined && { note }),
    async run() {
      for (const batch of batches) await run(batch);
    },
  };
}
