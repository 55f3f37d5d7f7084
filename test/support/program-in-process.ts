import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";

/** Runs a command line in this process, where calls of the file system can be made to fail. */
export async function runInProcess(
  words: readonly string[],
): Promise<{ readonly code: number; readonly stderr: string }> {
  let stderr = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    return { code: await main(words), stderr };
  } finally {
    spy.mockRestore();
  }
}
