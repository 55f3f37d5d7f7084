import { writeJson } from "../formats/json.ts";
import type { ReferencePrediction } from "../inference/reference-prediction.ts";
import { writeAtomically } from "./files.ts";

/**
 * Writes predictions as the original does - a JSON array, four spaces deep, unescaped UTF-8 - one by one as they come.
 * The file is there when all of them are.
 *
 * @returns how many there were
 */
export async function writePredictions(file: string, predictions: AsyncIterable<ReferencePrediction>): Promise<number> {
  let count = 0;
  await writeAtomically(file, async (handle) => {
    count = await printPredictions(predictions, (text) => handle.appendFile(text));
  });
  return count;
}

/** The same, piece by piece, to wherever they are to go. */
export async function printPredictions(
  predictions: AsyncIterable<ReferencePrediction>,
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
