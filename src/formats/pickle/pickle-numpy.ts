import { describeValue, type FormatError, showName } from "../format-error.ts";
import { plainInteger } from "../integer.ts";
import {
  type DataType,
  decodeArray,
  elementCount,
  elementSize,
  type NumericArray,
  numberAt,
} from "../numeric-array.ts";
import { OpaqueValue } from "../opaque-value.ts";
import { transpose } from "../transpose.ts";
import { ElementType } from "./numpy-element-type.ts";
import { decodeUtf32, encodeLatin1 } from "./pickle-text.ts";
import { pickleText } from "./pickle-value.ts";
import { PickledArray, PickledGlobal, PickledObject } from "./pickled-object.ts";

/** What building an object needs of the machine that reads the pickle. */
export interface PickleContext {
  /** An error at the opcode at hand. */
  error(problem: string): FormatError;
  /** Accounts for bytes about to be made; throws when the file is too small to justify them. */
  spend(bytes: number): void;
  /** Accounts for lists about to be made; throws when there would be too many. */
  countContainers(count: number): void;
}

type Construct = (args: readonly unknown[], context: PickleContext) => unknown;

/** The few functions and classes that NumPy's pickles call and that are understood here. */
const CONSTRUCTORS: ReadonlyMap<string, Construct> = new Map([
  ["numpy.core.multiarray._reconstruct", reconstruct],
  ["numpy._core.multiarray._reconstruct", reconstruct],
  ["numpy.ma.core._mareconstruct", reconstructMasked],
  ["numpy.core.multiarray.scalar", readScalar],
  ["numpy._core.multiarray.scalar", readScalar],
  ["numpy.core.numeric._frombuffer", fromBuffer],
  ["numpy._core.numeric._frombuffer", fromBuffer],
  ["numpy.dtype", readElementType],
  ["_codecs.encode", encode],
  ["__builtin__.bytes", readBytes],
  ["builtins.bytes", readBytes],
  ["__builtin__.bytearray", readBytes],
  ["builtins.bytearray", readBytes],
]);

/**
 * Does what NumPy's own constructors do with the arguments that NumPy itself writes, and refuses any others. Whatever
 * else is called gives an opaque value.
 */
export function construct(callee: OpaqueValue, args: readonly unknown[], context: PickleContext): unknown {
  const known = callee instanceof PickledGlobal ? CONSTRUCTORS.get(callee.className) : undefined;
  return known === undefined ? new PickledObject(callee.className) : known(args, context);
}

/** Gives an array or a dtype its state. That of any other object is passed over. */
export function build(target: unknown, state: unknown, context: PickleContext): void {
  if (target instanceof PickledArray) target.content = readArray(target, state, context);
  else if (target instanceof ElementType) buildElementType(target, state, context);
  else if (!(target instanceof OpaqueValue)) {
    throw context.error(`expected an object to set the state of. Got ${describeValue(target)}.`);
  }
}

/** _reconstruct(ndarray or a class of its kind, (0,), b"b"). */
function reconstruct([type, shape]: readonly unknown[], context: PickleContext): PickledArray {
  if (!(type instanceof PickledGlobal && Array.isArray(shape) && shape[0] === 0)) {
    throw context.error("expected numpy.ndarray and the shape (0,) for _reconstruct. Got other arguments.");
  }
  return new PickledArray(type.className);
}

/** _mareconstruct(MaskedArray, ndarray, (0,), "b"). */
function reconstructMasked([type, , shape]: readonly unknown[], context: PickleContext): PickledArray {
  return reconstruct([type, shape], context);
}

/** State: (version, shape, dtype, is in Fortran order, bytes); of a masked array also the mask's bytes and what fills it. */
function readArray({ className }: PickledArray, state: unknown, context: PickleContext): PickledArray["content"] {
  const parts: readonly unknown[] = Array.isArray(state) ? state : [];
  const [, shape, type, isFortran, elements, mask] = parts;
  const isPlain = parts.length === 5 || (parts.length === 7 && mask instanceof Uint8Array);
  if (!(isPlain && type instanceof OpaqueValue && typeof isFortran === "boolean")) {
    if (className !== "numpy.ndarray") return new OpaqueValue(className); // a class with a state of its own
    throw context.error("expected the state (version, shape, dtype, order, bytes) of a NumPy array. Got another.");
  }
  if (!(type instanceof ElementType)) return new OpaqueValue(className);
  if (type.holdsObjects) return readObjects(className, readShape(shape, context), elements, context);
  if (type.dtype === undefined) return unreadable(className, type);
  const array = readElements(elements, type.dtype, type, readShape(shape, context), isFortran ? "F" : "C", context);
  const masked = mask instanceof Uint8Array ? mask.reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0) : 0;
  return masked === 0 ? array : new OpaqueValue(className, ` with ${masked} masked values`);
}

/** An array of objects is the list of its values, or of its rows; in C order, whatever its layout in memory was. */
function readObjects(
  className: string,
  shape: readonly number[],
  objects: unknown,
  context: PickleContext,
): PickledArray["content"] {
  if (!(Array.isArray(objects) && objects.length === elementCount(shape))) {
    throw context.error(`expected the objects of an array of shape (${shape.join(", ")}). Got other values.`);
  }
  const [rows = 0, size = 0] = shape;
  if (shape.length === 1 || objects.length === 0) return objects;
  if (shape.length !== 2) return new OpaqueValue(className, ` of objects with the shape (${shape.join(", ")})`);
  context.countContainers(rows);
  return Array.from({ length: rows }, (_, row) => objects.slice(row * size, (row + 1) * size));
}

function unreadable(className: string, type: ElementType): OpaqueValue {
  return new OpaqueValue(className, ` with the dtype ${showName(type.description)}`);
}

/** _frombuffer(bytes, dtype, shape, order); since NumPy 2.4 also with the order "K" and the order of the axes. */
function fromBuffer(args: readonly unknown[], context: PickleContext): NumericArray | OpaqueValue {
  const [bytes, type, shape, orderText, axes] = args;
  const order = pickleText(orderText);
  if (!(type instanceof OpaqueValue && (order === "C" || order === "F" || order === "K"))) {
    throw context.error("expected bytes, dtype, shape and order for _frombuffer. Got other arguments.");
  }
  if (!(type instanceof ElementType)) return new OpaqueValue("numpy.ndarray");
  if (type.dtype === undefined) return unreadable("numpy.ndarray", type);
  if (order !== "K") return readElements(bytes, type.dtype, type, readShape(shape, context), order, context);
  const array = readElements(bytes, type.dtype, type, readShape(shape, context), "C", context);
  const permutation = readShape(axes, context);
  const sorted = permutation.toSorted((a, b) => a - b);
  if (sorted.length !== array.shape.length || sorted.some((axis, index) => axis !== index)) {
    throw context.error(`expected an order of ${array.shape.length} axes. Got (${permutation.join(", ")}).`);
  }
  context.spend(array.data.byteLength);
  return transpose(array, permutation);
}

/** scalar(dtype, bytes): a single number or text. */
function readScalar([type, bytes]: readonly unknown[], context: PickleContext): unknown {
  if (!(type instanceof OpaqueValue)) throw context.error("expected dtype and bytes for scalar. Got other arguments.");
  if (!(type instanceof ElementType)) return new OpaqueValue("numpy.generic");
  if (type.dtype === undefined) return readText(type, bytes, context) ?? unreadable("numpy.generic", type);
  const array = readElements(bytes, type.dtype, type, [], "C", context);
  const stored = array.data[0];
  if (typeof stored === "bigint") return plainInteger(stored);
  const value = numberAt(array, 0);
  return array.dtype === "bool" ? value === 1 : value;
}

/** numpy.str_ is UTF-32, and numpy.bytes_ bytes; both without zeros at their ends. Undefined for other dtypes. */
function readText(type: ElementType, bytes: unknown, context: PickleContext): string | Uint8Array | undefined {
  if (!(bytes instanceof Uint8Array && /^[SU]\d*$/.test(type.code))) return undefined;
  context.spend(bytes.length);
  const isText = type.code.startsWith("U");
  const text = isText ? decodeUtf32(bytes, type.littleEndian) : undefined;
  if (isText) return text?.replace(/\0+$/, "");
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);
}

/** dtype(code, align, copy). */
function readElementType([code]: readonly unknown[], context: PickleContext): ElementType {
  const type = ElementType.of(code);
  if (type === undefined) throw context.error(`expected the name of a dtype. Got ${describeValue(code)}.`);
  return type;
}

/** State: (version, byte order, sub-array, field names, fields, ...). The byte order "=" is never written by NumPy. */
function buildElementType(target: ElementType, state: unknown, context: PickleContext): void {
  const [, orderText, subArray, names, fields] = Array.isArray(state) ? state : [];
  const order = pickleText(orderText);
  if (order === undefined || !/^[<>|=]$/.test(order)) {
    throw context.error("expected the state of a dtype. Got another value.");
  }
  target.littleEndian = order !== ">";
  if ([subArray, names, fields].some((part) => part !== null)) target.dtype = undefined;
}

/** _codecs.encode(text, "latin1"): how Python 3 writes bytes in protocols 0 to 2. */
function encode([text, encoding]: readonly unknown[], context: PickleContext): Uint8Array {
  if (typeof text !== "string" || !/^latin-?1$/.test(pickleText(encoding) ?? "")) {
    throw context.error("expected text and latin1 for _codecs.encode. Got other arguments.");
  }
  context.spend(text.length);
  const bytes = encodeLatin1(text);
  if (bytes === undefined) throw context.error("expected Latin-1 text for bytes. Got other characters.");
  return bytes;
}

/** bytes() and bytearray(), bytearray(bytes) and bytearray(text, "latin-1"). */
function readBytes(args: readonly unknown[], context: PickleContext): Uint8Array {
  if (args.length === 0) return new Uint8Array(0);
  if (args.length === 1 && args[0] instanceof Uint8Array) return args[0];
  if (args.length === 2) return encode(args, context);
  throw context.error(`expected bytes or Latin-1 text for bytes. Got ${describeValue(args[0])}.`);
}

const LARGEST_RANK = 64; // NumPy 2 has arrays of up to 64 axes

function readShape(shape: unknown, context: PickleContext): readonly number[] {
  const isShape =
    Array.isArray(shape) &&
    shape.length <= LARGEST_RANK &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape) throw context.error(`expected a tuple of up to ${LARGEST_RANK} whole numbers as a shape. Got another.`);
  return [...shape];
}

function readElements(
  bytes: unknown,
  dtype: DataType,
  { littleEndian }: ElementType,
  shape: readonly number[],
  order: "C" | "F",
  context: PickleContext,
): NumericArray {
  const claimed = elementCount(shape) * elementSize(dtype);
  if (!(bytes instanceof Uint8Array)) {
    throw context.error(`expected the bytes of an array. Got ${describeValue(bytes)}.`);
  }
  if (bytes.length !== claimed) {
    const came = `Got ${bytes.length}.`;
    throw context.error(`expected ${claimed} bytes for a ${dtype} array of shape (${shape.join(", ")}). ${came}`);
  }
  context.spend(bytes.length);
  if (order === "C") return decodeArray(bytes, dtype, shape, littleEndian);
  // Fortran order is the C order of the array with its axes reversed.
  const reversed = shape.map((_, axis) => shape.length - 1 - axis);
  context.spend(bytes.length);
  return transpose(decodeArray(bytes, dtype, shape.toReversed(), littleEndian), reversed);
}
