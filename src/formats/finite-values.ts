import { FormatError } from "./format-error.ts";

/**
 * A model with one NaN in it says NaN of every video: such a checkpoint is refused.
 *
 * @param parameter the name of what holds the values
 * @throws FormatError that names the parameter and the first value that is not finite
 */
export function expectFinite(values: Float32Array, parameter: string, file: string): void {
  for (let position = 0; position < values.length; position++) {
    if (Number.isFinite(values[position])) continue;
    throw new FormatError(file, parameter, `expected finite values. Got ${values[position]} as value ${position}.`);
  }
}
