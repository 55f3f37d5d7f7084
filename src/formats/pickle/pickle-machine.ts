import { describeValue, type FormatError, showName } from "../format-error.ts";
import { OpaqueValue } from "../opaque-value.ts";
import { build, construct, type PickleContext } from "./pickle-numpy.ts";
import { OPCODES } from "./pickle-opcodes.ts";
import { PickleReader } from "./pickle-reader.ts";
import { type PickleKey, pickleText } from "./pickle-value.ts";
import { PickledGlobal, PickledObject } from "./pickled-object.ts";

/**
 * Bounds that no small file of features comes near, and that keep a hostile one to some tens of megabytes. In a larger
 * file they grow with its size: a list of rows has a value for each number.
 */
const MAX_VALUES = 2 ** 20;
const MAX_CONTAINERS = 2 ** 15;
const MAX_MEMO_ENTRIES = 2 ** 17;
/** A Map of the language holds no more than 2 ** 24 entries. */
const MAX_EVER = 2 ** 23;
const MAX_OPEN_MARKS = 100;
const HIGHEST_PROTOCOL = 5;

/** What only attacks call. Nothing is called anyway, but who tries to is not to be believed in the rest either. */
const PROGRAM_MODULES = ["os", "posix", "nt", "subprocess", "commands", "pty", "runpy"];
const PROGRAM_FUNCTIONS = ["eval", "exec", "execfile", "compile", "open", "__import__"];

/**
 * The stack machine that a pickle is a program for, restricted to what data needs: it builds numbers, text, bytes,
 * lists, tuples, dicts and NumPy arrays. It looks nothing up and runs nothing: what else a pickle would make is opaque.
 * Source: the opcode descriptions in CPython's Lib/pickletools.py.
 */
export class PickleMachine implements PickleContext {
  readonly #reader: PickleReader;
  readonly #stack: unknown[] = [];
  /** Heights of the stack at the open MARKs. */
  readonly #marks: number[] = [];
  /** Memo entries from 0 on without a gap, as all honest pickles number them: a Map takes ten times the memory. */
  readonly #memo: unknown[] = [];
  readonly #sparseMemo = new Map<number, unknown>();
  /** How many values there may be, each counted as often as it is met. */
  readonly maxValues: number;
  readonly #maxContainers: number;
  readonly #maxDicts: number;
  readonly #maxMemoEntries: number;
  #values = 0;
  #containers = 0;
  #dicts = 0;
  #budget: number;

  constructor(bytes: Uint8Array, file: string) {
    this.#reader = new PickleReader(bytes, file);
    const atMost = (least: number, share: number) =>
      Math.min(MAX_EVER, Math.max(least, Math.floor(bytes.length / share)));
    this.maxValues = atMost(MAX_VALUES, 4);
    this.#maxContainers = atMost(MAX_CONTAINERS, 8);
    this.#maxDicts = atMost(MAX_CONTAINERS, 32);
    this.#maxMemoEntries = atMost(MAX_MEMO_ENTRIES, 4);
    // NumPy stores the data of an array once; it is turned into bytes, into an array and into C order at most.
    this.#budget = 4 * bytes.length + 4096;
  }

  error(problem: string): FormatError {
    return this.#reader.error(problem);
  }

  spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) throw this.error("expected each array's data once. Got the same data again and again.");
  }

  countContainers(count: number): void {
    this.#containers += count;
    if (this.#containers > this.#maxContainers) {
      throw this.error(`expected at most ${this.#maxContainers} lists, tuples and objects. Got more.`);
    }
  }

  /** Runs up to STOP and returns the value that is left; what comes after STOP is not looked at. */
  run(): unknown {
    for (let opcode = this.#reader.opcode(); opcode !== OPCODES.STOP; opcode = this.#reader.opcode()) {
      this.#execute(opcode);
    }
    return this.#pop();
  }

  #execute(opcode: number): void {
    const reader = this.#reader;
    const { bytes } = reader;
    switch (opcode) {
      // The frame of the program.
      case OPCODES.PROTO:
        this.#checkProtocol(bytes.uint8("a protocol number"));
        break;
      case OPCODES.FRAME:
        this.#checkFrame(bytes.uint64("a frame's length"));
        break;

      // The stack and the memo.
      case OPCODES.MARK:
        if (this.#marks.length === MAX_OPEN_MARKS) throw this.error(`nested deeper than ${MAX_OPEN_MARKS} levels.`);
        this.#marks.push(this.#stack.length);
        break;
      case OPCODES.POP:
        // Python's own rule: on top of a MARK, POP takes the MARK away.
        if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
        else this.#pop();
        break;
      case OPCODES.POP_MARK:
        this.#popToMark();
        break;
      case OPCODES.DUP:
        this.#push(this.#top());
        break;
      case OPCODES.PUT:
        this.#store(reader.memoIndexLine());
        break;
      case OPCODES.BINPUT:
        this.#store(bytes.uint8("a memo index"));
        break;
      case OPCODES.LONG_BINPUT:
        this.#store(bytes.uint32("a memo index"));
        break;
      case OPCODES.MEMOIZE:
        this.#store(this.#memo.length + this.#sparseMemo.size);
        break;
      case OPCODES.GET:
        this.#fetch(reader.memoIndexLine());
        break;
      case OPCODES.BINGET:
        this.#fetch(bytes.uint8("a memo index"));
        break;
      case OPCODES.LONG_BINGET:
        this.#fetch(bytes.uint32("a memo index"));
        break;

      // None, booleans and numbers.
      case OPCODES.NONE:
        this.#push(null);
        break;
      case OPCODES.NEWTRUE:
        this.#push(true);
        break;
      case OPCODES.NEWFALSE:
        this.#push(false);
        break;
      case OPCODES.INT:
        this.#push(reader.integerOrBooleanLine());
        break;
      case OPCODES.LONG:
        this.#push(reader.longLine());
        break;
      case OPCODES.BININT:
        this.#push(bytes.int32("an integer"));
        break;
      case OPCODES.BININT1:
        this.#push(bytes.uint8("an integer"));
        break;
      case OPCODES.BININT2:
        this.#push(bytes.uint16("an integer"));
        break;
      case OPCODES.LONG1:
        this.#push(reader.long(bytes.uint8("an integer's length")));
        break;
      case OPCODES.LONG4:
        this.#push(reader.long(bytes.uint32("an integer's length")));
        break;
      case OPCODES.FLOAT:
        this.#push(reader.floatLine());
        break;
      case OPCODES.BINFLOAT:
        this.#push(bytes.float64BigEndian("a float"));
        break;

      // Text and bytes.
      case OPCODES.UNICODE:
        this.#push(reader.escapedTextLine());
        break;
      case OPCODES.BINUNICODE:
        this.#push(reader.text(bytes.uint32("a text's length")));
        break;
      case OPCODES.SHORT_BINUNICODE:
        this.#push(reader.text(bytes.uint8("a text's length")));
        break;
      case OPCODES.BINUNICODE8:
        this.#push(reader.text(bytes.uint64("a text's length")));
        break;
      case OPCODES.STRING:
        this.#push(reader.stringLine());
        break;
      case OPCODES.BINSTRING:
      case OPCODES.BINBYTES:
        this.#push(bytes.take(bytes.uint32("a length"), "a string"));
        break;
      case OPCODES.SHORT_BINSTRING:
      case OPCODES.SHORT_BINBYTES:
        this.#push(bytes.take(bytes.uint8("a length"), "a string"));
        break;
      case OPCODES.BINBYTES8:
      case OPCODES.BYTEARRAY8:
        this.#push(bytes.take(bytes.uint64("a length"), "a string"));
        break;

      // Tuples, lists and dicts.
      case OPCODES.EMPTY_TUPLE:
        this.#pushContainer([]);
        break;
      case OPCODES.TUPLE1:
        this.#pushContainer(this.#popMany(1));
        break;
      case OPCODES.TUPLE2:
        this.#pushContainer(this.#popMany(2));
        break;
      case OPCODES.TUPLE3:
        this.#pushContainer(this.#popMany(3));
        break;
      case OPCODES.TUPLE:
      case OPCODES.LIST:
        this.#pushContainer(this.#popToMark());
        break;
      case OPCODES.EMPTY_LIST:
        this.#pushContainer([]);
        break;
      case OPCODES.APPEND:
        this.#append(this.#popMany(1));
        break;
      case OPCODES.APPENDS:
        this.#append(this.#popToMark());
        break;
      case OPCODES.EMPTY_DICT:
        this.#pushDict();
        break;
      case OPCODES.DICT: {
        const items = this.#popToMark();
        this.#pushDict();
        this.#setItems(items);
        break;
      }
      case OPCODES.SETITEM:
        this.#setItems(this.#popMany(2));
        break;
      case OPCODES.SETITEMS:
        this.#setItems(this.#popToMark());
        break;

      // Sets are opaque, and so are their values.
      case OPCODES.EMPTY_SET:
        this.#pushContainer(new PickledObject("builtins.set"));
        break;
      case OPCODES.ADDITEMS:
        this.#append(this.#popToMark());
        break;
      case OPCODES.FROZENSET:
        this.#popToMark();
        this.#pushContainer(new PickledObject("builtins.frozenset"));
        break;

      // Objects, of which NumPy's are made.
      case OPCODES.GLOBAL:
        this.#pushGlobal(reader.line("a module"), reader.line("a name"));
        break;
      case OPCODES.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        this.#pushGlobal(pickleText(module), pickleText(name));
        break;
      }
      case OPCODES.INST: {
        const callee = this.#global(reader.line("a module"), reader.line("a name"));
        this.#call(callee, this.#popToMark());
        break;
      }
      case OPCODES.OBJ: {
        const [callee, ...args] = this.#popToMark();
        this.#call(callee, args);
        break;
      }
      case OPCODES.REDUCE:
      case OPCODES.NEWOBJ: {
        const [callee, args] = this.#popMany(2);
        this.#call(callee, args);
        break;
      }
      case OPCODES.NEWOBJ_EX: {
        const [callee, args] = this.#popMany(3);
        this.#call(callee, args);
        break;
      }
      case OPCODES.BUILD: {
        const state = this.#pop();
        build(this.#top(), state, this);
        break;
      }

      case OPCODES.NEXT_BUFFER:
      case OPCODES.READONLY_BUFFER:
        throw this.error("expected all data in this file. Got a pickle whose buffers were stored outside it.");
      default:
        throw reader.unusable(opcode);
    }
  }

  #checkProtocol(protocol: number): void {
    if (protocol <= HIGHEST_PROTOCOL) return;
    throw this.error(`expected a pickle of protocol 0 to ${HIGHEST_PROTOCOL}. Got protocol ${protocol}.`);
  }

  #checkFrame(length: bigint): void {
    const { remaining } = this.#reader.bytes;
    if (length > remaining) {
      throw this.error(`expected a frame of ${length} bytes. Got ${remaining}: the file ends there.`);
    }
  }

  #push(value: unknown): void {
    if (++this.#values > this.maxValues) throw this.error(`expected at most ${this.maxValues} values. Got more.`);
    this.#stack.push(value);
  }

  #pushContainer(value: unknown): void {
    this.countContainers(1);
    this.#push(value);
  }

  #pushDict(): void {
    this.#countDict();
    this.#pushContainer(new Map());
  }

  #countDict(): void {
    if (++this.#dicts > this.#maxDicts) throw this.error(`expected at most ${this.#maxDicts} dicts. Got more.`);
  }

  #top(): unknown {
    this.#expectAboveMark(1);
    return this.#stack.at(-1);
  }

  #pop(): unknown {
    return this.#popMany(1)[0];
  }

  #popMany(count: number): unknown[] {
    this.#expectAboveMark(count);
    return this.#stack.splice(this.#stack.length - count);
  }

  #popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.error("expected a MARK on the stack. Got none: the pickle is damaged.");
    return this.#stack.splice(mark);
  }

  #expectAboveMark(count: number): void {
    const present = this.#stack.length - (this.#marks.at(-1) ?? 0);
    if (present < count) {
      throw this.error(`expected ${count} values on the stack. Got ${present}: the pickle is damaged.`);
    }
  }

  #store(index: number): void {
    const value = this.#top();
    if (index <= this.#memo.length) {
      this.#memo[index] = value;
      this.#sparseMemo.delete(index);
    } else this.#sparseMemo.set(index, value);
    if (this.#memo.length + this.#sparseMemo.size > this.#maxMemoEntries) {
      throw this.error(`expected at most ${this.#maxMemoEntries} memo entries. Got more.`);
    }
  }

  #fetch(index: number): void {
    if (index < this.#memo.length) this.#push(this.#memo[index]);
    else if (this.#sparseMemo.has(index)) this.#push(this.#sparseMemo.get(index));
    else throw this.error(`expected a value stored earlier. Got memo entry ${index}, never stored.`);
  }

  #append(items: unknown[]): void {
    const list = this.#top();
    if (list instanceof PickledObject) return; // a set, or a class's own kind of list
    if (!Array.isArray(list)) throw this.error(`expected a list to append to. Got ${describeValue(list)}.`);
    for (const item of items) list.push(item);
  }

  #setItems(items: unknown[]): void {
    const target = this.#top();
    if (target instanceof PickledObject && target.items === undefined) {
      this.#countDict();
      target.items = new Map();
    }
    const dict = target instanceof PickledObject ? target.items : target;
    if (!(dict instanceof Map)) throw this.error(`expected a dict to put items in. Got ${describeValue(dict)}.`);
    if (items.length % 2 === 1) throw this.error("expected a value for every key of a dict. Got a key alone.");
    for (let index = 0; index < items.length; index += 2) dict.set(this.#key(items[index]), items[index + 1]);
  }

  #key(value: unknown): PickleKey {
    if (value instanceof Uint8Array) this.spend(value.length);
    const key = value instanceof Uint8Array ? pickleText(value) : value;
    // A Map is safe from it, but not every object that a caller may make of the Map; no video's features are called so.
    if (key === "__proto__") throw this.error('expected the name of a value as the key of a dict. Got "__proto__".');
    if (key === null || ["string", "number", "bigint", "boolean"].includes(typeof key)) return key as PickleKey;
    this.countContainers(1);
    return new OpaqueValue(key instanceof OpaqueValue ? key.className : "builtins.tuple");
  }

  #pushGlobal(module: string | undefined, name: string | undefined): void {
    if (module === undefined || name === undefined) {
      throw this.error("expected the names of a module and of what is in it. Got other values.");
    }
    this.#pushContainer(this.#global(module, name));
  }

  #global(module: string, name: string): PickledGlobal {
    const full = `${module}.${name}`;
    const isBuiltIn = module === "builtins" || module === "__builtin__";
    if (PROGRAM_MODULES.includes(module) || (isBuiltIn && PROGRAM_FUNCTIONS.includes(name))) {
      throw this.error(`expected data only. Got a call of ${showName(full)}, which was not run.`);
    }
    return new PickledGlobal(full);
  }

  #call(callee: unknown, args: unknown): void {
    if (!(callee instanceof OpaqueValue && Array.isArray(args))) {
      throw this.error(`expected a class or function and its arguments. Got ${describeValue(callee)}.`);
    }
    const made = this.#copiedObject(callee, args) ?? construct(callee, args, this);
    if (typeof made === "object") this.#pushContainer(made);
    else this.#push(made);
  }

  /** What Python calls with the object's class, and the OrderedDict of Python 2, which is called with all its items. */
  #copiedObject({ className }: OpaqueValue, args: readonly unknown[]): PickledObject | undefined {
    const [first, , state] = args;
    if (/^copy_?reg\.(_reconstructor|__newobj__|__newobj_ex__)$/.test(className) && first instanceof OpaqueValue) {
      const object = new PickledObject(first.className);
      if (state instanceof Map) object.items = state;
      return object;
    }
    if (className !== "collections.OrderedDict" || !Array.isArray(first)) return undefined;
    this.#countDict();
    const object = new PickledObject(className);
    object.items = new Map(first.filter(Array.isArray).map(([key, value]) => [this.#key(key), value]));
    return object;
  }
}
