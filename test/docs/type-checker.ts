import { join } from "node:path";
import ts from "typescript";
import { type CodeBlock, ROOT } from "./code-blocks.ts";

/** As strict as a careful user is. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node"],
  // Its types are those of onnxruntime-common, as onnxruntime-web's are; for them alone its binaries are too large.
  paths: { "onnxruntime-node": [join(ROOT, "node_modules/onnxruntime-common/dist/esm/index.d.ts")] },
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * What the compiler has against blocks, each a file in the root of the repository, where the packages are found by name.
 * All at once: reading the types of TensorFlow.js takes longer than the blocks do.
 */
export function typeErrors(blocks: readonly CodeBlock[]): Map<CodeBlock, string[]> {
  const files = new Map(blocks.map((block, index) => [join(ROOT, `block-${index}.ts`), block]));
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => {
    const block = files.get(name);
    return block === undefined ? readFile(name) : `${block.given}\n${block.code}\nexport {};\n`;
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  const errors = new Map<CodeBlock, string[]>(blocks.map((block) => [block, []]));
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    const block = file && files.get(file.fileName);
    if (block === undefined) throw new Error(message);
    const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 };
    const place = block.line + line - block.given.split("\n").length;
    errors.get(block)?.push(`${place < block.line ? "given" : `${block.page}:${place}`}: ${message}`);
  }
  return errors;
}
