import { FormatError, type ReadOptions } from "../format-error.ts";
import { expectReadOptions } from "../read-options.ts";
import { otherFormat } from "./other-format.ts";
import { PickleMachine } from "./pickle-machine.ts";
import type { PickleKey, PickleValue } from "./pickle-value.ts";
import { finishedValue } from "./pickled-object.ts";

const DEEPEST_NESTING = 100;

/**
 * Reads a Python pickle, protocols 0 to 5, as Python 2 and 3 and NumPy 1 and 2 write it. Nothing that the file names is
 * run or looked up: plain data and arrays of numbers are read, and everything else is an OpaqueValue, which has the name
 * of its class alone. Arrays may be views of `bytes`.
 *
 * @throws FormatError for files of another format, damaged and hostile ones
 */
export function readPickle(bytes: Uint8Array, options: ReadOptions): PickleValue {
  const { file } = expectReadOptions("readPickle", options);
  const other = otherFormat(bytes);
  if (other !== undefined) throw new FormatError(file, undefined, `expected a pickle. Got ${other}.`);
  const machine = new PickleMachine(bytes, file);
  return finish(machine.run(), machine.maxValues, file) as PickleValue;
}

/** A container whose contents are being looked at. */
interface OpenContainer {
  readonly container: unknown[] | Map<PickleKey, unknown>;
  /** Of a dict. */
  readonly keys: readonly PickleKey[];
  readonly contents: readonly unknown[];
  next: number;
  values: number;
}

/**
 * Puts in what the machine's objects have become, and checks that whoever walks the value can do it the simple way. A
 * pickle may share lists and even put one inside itself, so that a few bytes unfold into more than any memory holds:
 * there must be no cycles, a bounded depth and a bounded number of values, each counted as often as it is met.
 */
function finish(root: unknown, maxValues: number, file: string): unknown {
  const finished = new Map<object, number>();
  const result = [root];
  const open: OpenContainer[] = [{ container: result, keys: [], contents: result, next: 0, values: 0 }];
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    if (current.values > maxValues) {
      throw new FormatError(file, undefined, `expected at most ${maxValues} values. Got lists that unfold into more.`);
    }
    if (current.next === current.contents.length) {
      finished.set(current.container, current.values);
      open.pop();
      const parent = open.at(-1);
      if (parent !== undefined) parent.values += current.values;
      continue;
    }
    const index = current.next++;
    const value = finishedValue(current.contents[index]);
    current.values++;
    if (value !== current.contents[index]) {
      if (Array.isArray(current.container)) current.container[index] = value;
      else current.container.set(current.keys[index] as PickleKey, value);
    }
    if (!(Array.isArray(value) || value instanceof Map)) continue;
    const known = finished.get(value);
    if (known !== undefined) {
      current.values += known;
      continue;
    }
    if (open.some(({ container }) => container === value)) {
      throw new FormatError(file, undefined, "expected plain values. Got a list or dict that contains itself.");
    }
    if (open.length > DEEPEST_NESTING)
      throw new FormatError(file, undefined, `nested deeper than ${DEEPEST_NESTING} levels.`);
    const [keys, contents] = Array.isArray(value) ? [[], value] : [[...value.keys()], [...value.values()]];
    open.push({ container: value, keys, contents, next: 0, values: 0 });
  }
  return result[0];
}
