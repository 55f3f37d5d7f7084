import { type Field, flag, numberIn, wholeNumber } from "./fields.ts";
import { FormatError, type ReadOptions } from "./format-error.ts";
import { type JsonValue, parseJson } from "./json.ts";
import { readObject } from "./manifest.ts";
import { expectReadOptions } from "./read-options.ts";
import { linesOf, readText, type TextSource } from "./text.ts";

/** What a run knows of one epoch. */
export interface RunEpoch {
  /** From 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** The mean of the training videos' losses. */
  readonly loss: number;
  readonly valid: {
    /** The mean of the validation videos' losses. */
    readonly loss: number;
    readonly videos: number;
    /** By k. */
    readonly hitAtK: Readonly<Record<string, number>>;
    readonly meanAveragePrecision: number;
  };
  /** Whether no epoch before was better. */
  readonly isBest: boolean;
}

/**
 * Reads metrics.jsonl: a JSON object a line, an epoch each. Further keys are passed over. What stands behind the last
 * end of a line does not count: a run may be writing it.
 *
 * @throws FormatError naming the line that is no epoch, or whose epoch is not later than the one before
 */
export function readRunMetrics(source: TextSource, options: ReadOptions): RunEpoch[] {
  const { file } = expectReadOptions("readRunMetrics", options);
  const epochs: RunEpoch[] = [];
  const text = readText(source, file);
  let line = 0;
  for (const content of linesOf(text.slice(0, text.lastIndexOf("\n") + 1))) {
    line++;
    if (content.trim() === "") continue;
    const epoch = readEpoch(content, line, file);
    const before = epochs.at(-1)?.epoch ?? 0;
    if (epoch.epoch <= before) {
      throw new FormatError(file, `line ${line}`, `expected an epoch later than ${before}. Got ${epoch.epoch}.`);
    }
    epochs.push(epoch);
  }
  return epochs;
}

/** The epoch whose checkpoint a run calls the best: the last that was better than all before. */
export function bestEpoch(epochs: readonly RunEpoch[]): RunEpoch | undefined {
  return epochs.findLast(({ isBest }) => isBest);
}

function readEpoch(text: string, line: number, file: string): RunEpoch {
  const place = `line ${line}`;
  let root: JsonValue;
  try {
    root = parseJson(text, file);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(file, place, "expected JSON. Got other text.");
    throw error;
  }
  const { valid, ...rest } = readObject(
    root,
    { epoch: wholeNumber(1), learningRate: number(), loss: number(), valid: object(), isBest: flag("true or false") },
    file,
    place,
  );
  const figures = { loss: number(), videos: wholeNumber(0), hitAtK: shares(), meanAveragePrecision: number() };
  return { ...rest, valid: readObject(valid, figures, file, `${place}, valid`) };
}

function number(): Field<number> {
  return numberIn("a number", () => true);
}

function object(): Field<ReadonlyMap<string, JsonValue>> {
  return { expected: "an object", check: (value) => (value instanceof Map ? value : undefined) };
}

/** Hit@k by k, from the smallest k to the largest. */
function shares(): Field<Readonly<Record<string, number>>> {
  return {
    expected: "an object of numbers from 0 to 1 by whole numbers",
    check: (value) => {
      if (!(value instanceof Map)) return undefined;
      const entries = [...value].filter(
        ([k, share]) => /^[1-9]\d{0,8}$/.test(k) && typeof share === "number" && share >= 0 && share <= 1,
      );
      return entries.length === value.size ? Object.fromEntries(entries) : undefined;
    },
  };
}
