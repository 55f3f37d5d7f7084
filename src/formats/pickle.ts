import { FormatError, type ReadOptions } from "./format-error.ts";
import { PickleMachine } from "./pickle-machine.ts";
import { Constructor, ElementType } from "./pickle-numpy.ts";
import type { PickleValue } from "./pickle-value.ts";

const DEEPEST_NESTING = 100;
const MOST_VALUES = 2 ** 20;

/**
 * Reads a Python pickle of plain data and NumPy arrays, protocols 0 to 5, as Python 2 and 3 and NumPy 1 and 2 write it.
 * Nothing that the file names is run or looked up: of the constructors only NumPy's own for arrays, dtypes and scalars
 * are known, and of these only the use that NumPy makes of them. Arrays may be views of `bytes`.
 *
 * @throws FormatError for anything else: other classes and functions, arrays of objects or text, damaged or hostile files
 */
export function readPickle(bytes: Uint8Array, { file }: ReadOptions): PickleValue {
  const value = new PickleMachine(bytes, file).run();
  checkPlain(value, file);
  return value as PickleValue;
}

/** A container whose contents are being looked at. */
interface OpenContainer {
  readonly container: object;
  readonly contents: readonly unknown[];
  next: number;
  values: number;
}

/**
 * A pickle may share lists and even put one inside itself, so that a few bytes unfold into more than any memory holds.
 * Whoever walks the value must be able to do it the simple way: no cycles, a bounded depth and a bounded number of
 * values, each counted as often as it is met. Constructors and dtypes are no values.
 */
function checkPlain(root: unknown, file: string): void {
  const finished = new Map<object, number>();
  const open: OpenContainer[] = [{ container: {}, contents: [root], next: 0, values: 0 }];
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    if (current.values > MOST_VALUES) {
      throw new FormatError(
        file,
        undefined,
        `expected at most ${MOST_VALUES} values. Got lists that unfold into more.`,
      );
    }
    if (current.next === current.contents.length) {
      finished.set(current.container, current.values);
      open.pop();
      const parent = open.at(-1);
      if (parent !== undefined) parent.values += current.values;
      continue;
    }
    const value = current.contents[current.next++];
    current.values++;
    if (value instanceof Constructor || value instanceof ElementType) {
      throw new FormatError(file, undefined, "expected values only. Got a Python class or dtype among them.");
    }
    if (Array.isArray(value) || value instanceof Map) {
      const known = finished.get(value);
      if (known !== undefined) current.values += known;
      else {
        if (open.some(({ container }) => container === value)) {
          throw new FormatError(file, undefined, "expected plain values. Got a list or dict that contains itself.");
        }
        if (open.length > DEEPEST_NESTING) {
          throw new FormatError(file, undefined, `nested deeper than ${DEEPEST_NESTING} levels.`);
        }
        open.push({
          container: value,
          contents: Array.isArray(value) ? value : [...value.values()],
          next: 0,
          values: 0,
        });
      }
    }
  }
}
