import {
  BackendFailedError,
  BackendMemoryError,
  MismatchError,
  NotFiniteError,
  ShapeError,
  TooLargeError,
} from "../../core/errors.ts";
import { FormatError } from "../../formats/format-error.ts";
import { BackendError } from "../backend.ts";

/** What one side of a channel can be asked to do: functions by name, of plain data. */
export type Tasks<Own> = { readonly [Name in keyof Own]: (...given: never[]) => unknown };

/** A thread, or the port to the one that started it. */
interface Port {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: "message", listener: (message: Message) => void): unknown;
}

type Message =
  | { readonly kind: "call"; readonly id: number; readonly task: string; readonly given: readonly unknown[] }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: Failure };

interface Caller {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Calls of functions between two threads, both ways. Memory that is shared stays shared; all else is copied. */
export class CallChannel<Own extends Tasks<Own>, Theirs extends Tasks<Theirs>> {
  readonly #port: Port;
  readonly #callers = new Map<number, Caller>();
  #calls = 0;
  #problem: Error | undefined;

  constructor(port: Port, tasks: Own) {
    this.#port = port;
    port.on("message", (message) => {
      if (message.kind === "call") void this.#answer(message, tasks);
      else this.#take(message);
    });
  }

  /** @throws what the function threw there, or what `close` was told */
  call<Name extends keyof Theirs & string>(
    task: Name,
    ...given: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    return this.callWith([], task, ...given);
  }

  /** The same, with memory that is the other side's from then on, instead of a copy. */
  callWith<Name extends keyof Theirs & string>(
    memory: readonly ArrayBuffer[],
    task: Name,
    ...given: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    return new Promise((resolve, reject) => {
      if (this.#problem !== undefined) return reject(this.#problem);
      const id = this.#calls++;
      this.#callers.set(id, { resolve, reject });
      this.#port.postMessage({ kind: "call", id, task, given } satisfies Message, memory);
    });
  }

  /** Lets every call fail, those that are under way and those to come. */
  close(problem: Error): void {
    this.#problem ??= problem;
    for (const { reject } of this.#callers.values()) reject(this.#problem);
    this.#callers.clear();
  }

  async #answer({ id, task, given }: Extract<Message, { kind: "call" }>, tasks: Own): Promise<void> {
    let message: Message;
    try {
      const answer = await tasks[task as keyof Own]?.(...(given as never[]));
      message = { kind: "answer", id, answer };
    } catch (error) {
      message = { kind: "failure", id, failure: describeFailure(error) };
    }
    this.#port.postMessage(message);
  }

  #take(message: Exclude<Message, { kind: "call" }>): void {
    const caller = this.#callers.get(message.id);
    this.#callers.delete(message.id);
    if (message.kind === "answer") caller?.resolve(message.answer as never);
    else caller?.reject(revive(message.failure));
  }
}

/** An error as plain data. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a FormatError. */
  readonly file?: string;
  readonly place?: string | undefined;
}

/** Errors that a message alone makes. */
const KINDS = [
  BackendError,
  BackendFailedError,
  BackendMemoryError,
  MismatchError,
  NotFiniteError,
  RangeError,
  ShapeError,
  TooLargeError,
  TypeError,
];

function describeFailure(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack } = error;
  return { name, message, stack, ...(error instanceof FormatError && { file: error.file, place: error.place }) };
}

/** The error as its own kind, with the stack of the thread that threw it. */
function revive({ name, message, stack, file, place }: Failure): Error {
  const error = file === undefined ? ofKind(name, message) : ofFormat(file, place, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function ofKind(name: string, message: string): Error {
  const Kind = KINDS.find((kind) => new kind("").name === name);
  return Kind === undefined ? Object.assign(new Error(message), { name }) : new Kind(message);
}

function ofFormat(file: string, place: string | undefined, message: string): FormatError {
  const prefix = new FormatError(file, place, "").message;
  return new FormatError(file, place, message.slice(prefix.length));
}
