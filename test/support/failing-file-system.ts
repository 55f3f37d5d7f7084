import fileSystem, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { sep } from "node:path";

/** A call of the file system: `open`, `rename`, or `handle.read` of a file that is open. */
export interface FileOperation {
  readonly name: string;
  readonly path: string;
  /** How many others came before. */
  readonly index: number;
}

/** What the operating system says to a call, as `EIO`; undefined lets it through. */
export type Fault = (operation: FileOperation) => string | undefined;

type AnyFunction = (...given: unknown[]) => unknown;

const FUNCTIONS = Object.entries(fileSystem).filter(
  ([name, value]) => typeof value === "function" && name !== "watch",
) as [keyof typeof fileSystem & string, AnyFunction][];
const HANDLE_METHODS = ["appendFile", "close", "read", "stat", "sync", "write", "writeFile"] as const;

/**
 * Does work while calls of `node:fs/promises` on files below a folder fail as a fault says.
 *
 * @returns what the work comes to, and every call that it made
 */
export async function withFaults<Result>(
  folder: string,
  fault: Fault,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly operations: readonly FileOperation[] }> {
  const operations: FileOperation[] = [];
  const check = (name: string, path: string): void => {
    if (path !== folder && !path.startsWith(`${folder}${sep}`)) return;
    const operation = { name, path, index: operations.length };
    operations.push(operation);
    const code = fault(operation);
    if (code === undefined) return;
    throw Object.assign(new Error(`${code}: a fault of the test, ${name} '${path}'`), { code, syscall: name, path });
  };
  const functions = fileSystem as unknown as Record<string, AnyFunction>;
  for (const [name, original] of FUNCTIONS) {
    functions[name] = async (...given) => {
      check(name, String(given[0]));
      const result = await original(...given);
      return name === "open" ? spoilHandle(result as FileHandle, String(given[0]), check) : result;
    };
  }
  syncBuiltinESMExports();
  try {
    return { result: await work(), operations };
  } finally {
    for (const [name, original] of FUNCTIONS) functions[name] = original;
    syncBuiltinESMExports();
  }
}

function spoilHandle(handle: FileHandle, path: string, check: (name: string, path: string) => void): FileHandle {
  const methods = handle as unknown as Record<string, AnyFunction>;
  for (const name of HANDLE_METHODS) {
    const original = (methods[name] as AnyFunction).bind(handle);
    methods[name] = async (...given) => {
      try {
        check(`handle.${name}`, path);
      } catch (error) {
        if (name === "close") await original(); // as the system does, whatever it says
        throw error;
      }
      return original(...given);
    };
  }
  return handle;
}
