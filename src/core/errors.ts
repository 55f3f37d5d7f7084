import type * as tf from "@tensorflow/tfjs-core";
import { VideoTagError, type VideoTagErrorCode } from "../formats/video-tag-error.ts";

/** A tensor does not have the shape that a layer or an operation needs. */
export class ShapeError extends VideoTagError {
  override readonly name = "ShapeError";
  override readonly code = "ERR_SHAPE";
}

/** Values do not fit the parameters that they are meant for: one is missing, unknown or has another shape. */
export class StateError extends VideoTagError {
  override readonly name = "StateError";
  override readonly code = "ERR_STATE";
  /** Path of the first parameter that does not fit. */
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

/** Parts that are each right but do not belong together, such as a vocabulary and an encoder of other sizes. */
export class MismatchError extends VideoTagError {
  override readonly name = "MismatchError";
  override readonly code = "ERR_MISMATCH";
}

/** A computation gave NaN or infinity where a number was needed: a loss, a score. */
export class NotFiniteError extends VideoTagError {
  override readonly name = "NotFiniteError";
  override readonly code = "ERR_NOT_FINITE";
}

/**
 * A backend has failed, and what its memory holds can no longer be trusted: it computes nothing and no values can be read
 * until it is made anew (`rebuildBackend`).
 */
export class BackendFailedError extends VideoTagError {
  override readonly name: string = "BackendFailedError";
  override readonly code: VideoTagErrorCode = "ERR_BACKEND_FAILED";
}

/** The same because it ran out of memory: with less at a time it may go well. */
export class BackendMemoryError extends BackendFailedError {
  override readonly name = "BackendMemoryError";
  override readonly code = "ERR_BACKEND_MEMORY";
}

/** Something needs more memory than there is. Nothing was done. */
export class TooLargeError extends VideoTagError {
  override readonly name = "TooLargeError";
  override readonly code = "ERR_TOO_LARGE";
}

/** How engines of JavaScript and WebAssembly say that an allocation failed. */
const OUT_OF_MEMORY = /out of memory|allocation failed|cannot allocate|invalid (typed )?array (buffer )?length/i;

/** The engine's word that there is no memory left as a TooLargeError; any other error as it is. */
export function asTooLargeError(error: unknown): unknown {
  if (!(error instanceof RangeError) || !OUT_OF_MEMORY.test(error.message)) return error;
  return new TooLargeError(`There is not enough memory: ${error.message}.`, { cause: error });
}

/** `15.4 GB` */
export function describeBytes(bytes: number): string {
  const unit = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  const power = bytes < 1000 ? 0 : Math.min(unit.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${unit[power]}`;
}

/** `[8, 768]` */
export function describeShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/**
 * Checks a tensor's shape before any work is done with it.
 *
 * @param what names the tensor in the message, as `AttentionPooling: text`
 * @param expected sizes in order; a string is the name of an axis of any size
 * @throws ShapeError such as `AttentionPooling: text must have shape [8, 768]. Got [8, 512].`
 */
export function expectShape(what: string, tensor: tf.Tensor, expected: readonly (number | string)[]): void {
  const { shape } = tensor;
  const fits =
    shape.length === expected.length &&
    expected.every((size, axis) => typeof size === "string" || size === shape[axis]);
  if (!fits) {
    throw new ShapeError(`${what} must have shape ${describeShape(expected)}. Got ${describeShape(shape)}.`);
  }
}

/** @throws RangeError such as `Linear: outputSize must be a whole number of 1 or more. Got 0.` */
export function expectSize(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${what} must be a whole number of 1 or more. Got ${value}.`);
  }
}

/** @throws RangeError such as `Dropout: rate must lie in [0, 1). Got 1.` */
export function expectRate(what: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new RangeError(`${what} must lie in [0, 1). Got ${value}.`);
}
