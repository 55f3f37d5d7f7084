import type { FileHandle } from "node:fs/promises";
import { writeJson } from "../formats/json.ts";
import { writeAtomically } from "../node/files.ts";
import type { PaddlePrediction } from "../paddle/paddle-prediction.ts";

/** The name of a file with the predictions that were made before a failure. */
export function partialName(file: string): string {
  return `${file}.partial`;
}

/**
 * Writes predictions as the original does - a JSON array, four spaces deep, unescaped UTF-8 - one by one as they come.
 * The file is there when all of them are. When a prediction fails, those before it are kept under `partialName`.
 *
 * @param signal when it is what ended them, nothing is kept
 * @returns how many there were
 */
export async function writePredictions(
  file: string,
  predictions: AsyncIterable<PaddlePrediction>,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  let failure: unknown;
  async function* untilOneFails(): AsyncGenerator<PaddlePrediction> {
    try {
      for await (const prediction of predictions) {
        count++;
        yield prediction;
      }
    } catch (error) {
      if (count === 0 || signal?.aborted) throw error;
      failure = error;
    }
  }
  const write = async (handle: FileHandle): Promise<void> => {
    await printPredictions(untilOneFails(), (text) => handle.appendFile(text));
  };
  await writeAtomically(file, write, () => (failure === undefined ? undefined : partialName(file)));
  if (failure !== undefined) throw failure;
  return count;
}

/** The same, piece by piece, to wherever they are to go. */
export async function printPredictions(
  predictions: AsyncIterable<PaddlePrediction>,
  print: (text: string) => Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const prediction of predictions) {
    const json = writeJson(prediction, 4).replaceAll("\n", "\n    ");
    await print(`${count === 0 ? "[" : ","}\n    ${json}`);
    count++;
  }
  await print(count === 0 ? "[]" : "\n]");
  return count;
}
