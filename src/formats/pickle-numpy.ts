import { describeValue, type FormatError, quote } from "./format-error.ts";
import { plainInteger } from "./integer.ts";
import {
  type DataType,
  decodeArray,
  elementCount,
  elementSize,
  type NumericArray,
  type NumericData,
  numberAt,
} from "./numeric-array.ts";
import { encodeLatin1 } from "./pickle-text.ts";
import { pickleText } from "./pickle-value.ts";
import { transpose } from "./transpose.ts";

/** What building an object needs of the machine that reads the pickle. */
export interface PickleContext {
  /** An error at the opcode at hand. */
  error(problem: string): FormatError;
  /** Accounts for bytes about to be made; throws when the file is too small to justify them. */
  spend(bytes: number): void;
}

/** The few functions and classes of Python that NumPy's pickles name. Nothing else can be named. */
export class Constructor {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** @returns undefined when `module.name` is not on the list */
  static find(module: string, name: string): Constructor | undefined {
    switch (`${module}.${name}`) {
      case "numpy.core.multiarray._reconstruct":
      case "numpy._core.multiarray._reconstruct":
      case "numpy.core.multiarray.scalar":
      case "numpy._core.multiarray.scalar":
      case "numpy.core.numeric._frombuffer":
      case "numpy._core.numeric._frombuffer":
      case "numpy.ndarray":
      case "numpy.dtype":
      case "_codecs.encode":
      case "__builtin__.bytes":
      case "builtins.bytes":
      case "__builtin__.bytearray":
      case "builtins.bytearray":
        return new Constructor(name);
      default:
        return undefined;
    }
  }
}

/** A NumPy dtype. BUILD sets its byte order. */
export class ElementType {
  readonly dtype: DataType;
  littleEndian = true;

  constructor(dtype: DataType) {
    this.dtype = dtype;
  }
}

/** A NumPy array: empty as _reconstruct makes it, until BUILD gives it its state. */
export class PickledArray implements NumericArray {
  dtype: DataType = "int8";
  shape: readonly number[] = [0];
  data: NumericData = new Int8Array(0);
}

/** Does what NumPy's own constructors do with the arguments that NumPy itself writes; refuses any others. */
export function construct({ name }: Constructor, args: readonly unknown[], context: PickleContext): unknown {
  switch (name) {
    case "_reconstruct":
      return reconstruct(args, context);
    case "_frombuffer":
      return fromBuffer(args, context);
    case "scalar":
      return readScalar(args, context);
    case "dtype":
      return readElementType(args, context);
    case "encode":
      return encode(args, context);
    case "bytes":
    case "bytearray":
      return readBytes(name, args, context);
    default:
      throw context.error(`expected NumPy's way to store an array. Got a call of ${name}.`);
  }
}

/** Gives an array or a dtype its state. */
export function build(target: unknown, state: unknown, context: PickleContext): void {
  if (target instanceof PickledArray) buildArray(target, state, context);
  else if (target instanceof ElementType) buildElementType(target, state, context);
  else throw context.error(`expected a NumPy array or dtype to set the state of. Got ${describeValue(target)}.`);
}

function reconstruct([type, shape]: readonly unknown[], context: PickleContext): PickledArray {
  if (!(type instanceof Constructor && type.name === "ndarray" && Array.isArray(shape) && shape[0] === 0)) {
    throw context.error("expected numpy.ndarray and the shape (0,) for _reconstruct. Got other arguments.");
  }
  return new PickledArray();
}

/** State: (version, shape, dtype, is in Fortran order, bytes). */
function buildArray(target: PickledArray, state: unknown, context: PickleContext): void {
  const [, shape, type, isFortran, bytes] = Array.isArray(state) && state.length === 5 ? state : [];
  if (!(type instanceof ElementType && typeof isFortran === "boolean")) {
    throw context.error("expected the state (version, shape, dtype, order, bytes) of a NumPy array. Got another.");
  }
  Object.assign(target, readElements(bytes, type, readShape(shape, context), isFortran ? "F" : "C", context));
}

/** _frombuffer(bytes, dtype, shape, order); since NumPy 2.4 also with the order "K" and the order of the axes. */
function fromBuffer(args: readonly unknown[], context: PickleContext): NumericArray {
  const [bytes, type, shape, orderText, axes] = args;
  const order = pickleText(orderText);
  if (!(type instanceof ElementType && (order === "C" || order === "F" || order === "K"))) {
    throw context.error("expected bytes, dtype, shape and order for _frombuffer. Got other arguments.");
  }
  if (order !== "K") return readElements(bytes, type, readShape(shape, context), order, context);
  const array = readElements(bytes, type, readShape(shape, context), "C", context);
  const permutation = readShape(axes, context);
  const sorted = permutation.toSorted((a, b) => a - b);
  if (sorted.length !== array.shape.length || sorted.some((axis, index) => axis !== index)) {
    throw context.error(`expected an order of ${array.shape.length} axes. Got (${permutation.join(", ")}).`);
  }
  context.spend(array.data.byteLength);
  return transpose(array, permutation);
}

/** scalar(dtype, bytes): a single number. */
function readScalar([type, bytes]: readonly unknown[], context: PickleContext): boolean | number | bigint {
  if (!(type instanceof ElementType)) throw context.error("expected dtype and bytes for scalar. Got other arguments.");
  const array = readElements(bytes, type, [], "C", context);
  const stored = array.data[0];
  if (typeof stored === "bigint") return plainInteger(stored);
  const value = numberAt(array, 0);
  return array.dtype === "bool" ? value === 1 : value;
}

const ELEMENT_TYPES = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
} as const satisfies Record<string, DataType>;

/** dtype(code, align, copy). */
function readElementType([codeText]: readonly unknown[], context: PickleContext): ElementType {
  const code = pickleText(codeText);
  const parts = /^([<>|=]?)([a-zA-Z]\d+)$/.exec(code ?? "");
  const name = parts?.[2] ?? "";
  if (!Object.hasOwn(ELEMENT_TYPES, name)) {
    const came = code === undefined ? describeValue(codeText) : `the dtype ${quote(code)}${meaning(code)}`;
    throw context.error(`expected an array of booleans, integers or floats of up to 64 bits. Got ${came}.`);
  }
  const type = new ElementType(ELEMENT_TYPES[name as keyof typeof ELEMENT_TYPES]);
  type.littleEndian = parts?.[1] !== ">";
  return type;
}

function meaning(code: string): string {
  const kinds = {
    O: "Python objects",
    S: "bytes",
    U: "text",
    V: "records",
    c: "complex numbers",
    M: "dates",
    m: "times",
  };
  const kind = kinds[code.replace(/^[<>|=]/, "")[0] as keyof typeof kinds];
  return kind === undefined ? "" : ` (${kind})`;
}

/** State: (version, byte order, sub-array, field names, fields, ...). The byte order "=" is never written by NumPy. */
function buildElementType(target: ElementType, state: unknown, context: PickleContext): void {
  const [, orderText, subArray, names, fields] = Array.isArray(state) ? state : [];
  const order = pickleText(orderText);
  if (order === undefined || !/^[<>|=]$/.test(order) || [subArray, names, fields].some((part) => part !== null)) {
    throw context.error("expected the state of a plain numeric dtype. Got another.");
  }
  target.littleEndian = order !== ">";
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
function readBytes(name: string, args: readonly unknown[], context: PickleContext): Uint8Array {
  if (args.length === 0) return new Uint8Array(0);
  if (args.length === 1 && args[0] instanceof Uint8Array) return args[0];
  if (args.length === 2) return encode(args, context);
  throw context.error(`expected bytes or Latin-1 text for ${name}. Got ${describeValue(args[0])}.`);
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
  { dtype, littleEndian }: ElementType,
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
