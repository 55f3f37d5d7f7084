import { basename, extname } from "node:path";
import { FormatError } from "../../formats/format-error.ts";
import { otherFormat } from "../../formats/pickle/other-format.ts";
import { visible } from "../../formats/visible-text.ts";
import { isFolder, readBytes } from "../../node/files.ts";
import { resolveCheckpoint } from "../../project/paddle-checkpoint.ts";
import type { Program } from "../command-line.ts";
import type { Terminal } from "../terminal.ts";
import { inspectCombined, inspectSafetensors, inspectTaggerFolder, inspectVariables } from "./checkpoint-inspection.ts";
import { inspectDataset } from "./dataset-inspection.ts";
import { inspectFeatureFile } from "./feature-file-inspection.ts";
import type { Inspection } from "./inspection.ts";
import { inspectText } from "./text-inspection.ts";

/** A damaged file may have a problem in every line: so many of them tell enough. */
const MOST_PROBLEMS = 20;

/** @param onUnusable what follows where the file cannot be used */
export function inspectCommand(program: Program, terminal: Terminal, onUnusable: () => void): void {
  program
    .command("inspect")
    .description("Look into a feature file, a checkpoint, a list, a class file or the dataset of a configuration.")
    .argument("<file>", "the file, or a checkpoint's folder; a configuration stands for its dataset")
    .option("--json", "print JSON")
    .action(async (file, { json = false }) => {
      if (!(await inspectFile(file, json, terminal))) onUnusable();
    });
}

/**
 * Looks into a feature file, a checkpoint, a list or a class file, or into the dataset of a configuration.
 *
 * @returns whether the file can be used
 * @throws FormatError when it is none of these, FileError when it cannot be read
 */
async function inspectFile(file: string, json: boolean, terminal: Terminal): Promise<boolean> {
  const { kind, json: details, lines, problems } = await inspect(file);
  if (json) await terminal.printJson(`${JSON.stringify({ kind, ...details, problems }, null, 2)}\n`);
  else await terminal.print([kind, ...lines].map((line) => `${visible(line)}\n`).join(""));
  for (const problem of problems.slice(0, MOST_PROBLEMS)) terminal.say(problem);
  const more = problems.length - MOST_PROBLEMS;
  if (more > 0) terminal.say(`${file}: ${more} more problems of this kind.`);
  return problems.length === 0;
}

async function inspect(path: string): Promise<Inspection> {
  const isWeights = extname(path).toLowerCase() === ".safetensors" && !(await isFolder(path));
  const found = isWeights ? ({ kind: "combined", file: path } as const) : await resolveCheckpoint(path);
  if (found.kind === "tagger") return inspectTaggerFolder(found.folder);
  if (found.kind === "variables") return inspectVariables(found.folder);
  const { file } = found;
  const bytes = await readBytes(file);
  const kind = kindOf(file, bytes);
  const other = kind === "pickle" ? undefined : otherFormat(bytes);
  if (other !== undefined) throw unknownKind(file, other);
  switch (kind) {
    case "pickle":
      return inspectFeatureFile(bytes, file);
    case "safetensors":
      return inspectSafetensors(bytes, file);
    case "paddle":
      return inspectCombined(bytes, file);
    case "configuration":
      return inspectDataset(file);
    case "text":
      return inspectText(bytes, file);
    case "json":
      throw unknownKind(file, "JSON");
    case "nothing":
      throw unknownKind(file, "an empty file");
  }
}

function unknownKind(file: string, got: string): FormatError {
  const expected = "expected a feature file, a checkpoint, a list, a class file or a configuration.";
  return new FormatError(file, undefined, `${expected} Got ${got}.`);
}

type Kind = "pickle" | "safetensors" | "paddle" | "configuration" | "text" | "json" | "nothing";

/** A section's head as it stands in every configuration, in a line of its own. */
const SECTION = /^\[(MODEL|TRAIN|VALID|TEST|INFER)\]\s*$/m;

/** What a file is meant to be: by its name if that says it, else by how it begins. */
function kindOf(file: string, bytes: Uint8Array): Kind {
  const extension = extname(file).toLowerCase();
  if (extension === ".pkl" || extension === ".pickle") return "pickle";
  if (extension === ".safetensors") return "safetensors";
  if (["param", "params"].includes(basename(file)) || extension === ".pdiparams") return "paddle";
  if (bytes.length === 0) return "nothing";
  if (extension === ".txt") return kindOfText(bytes);
  if (extension === ".json") return "json";
  if (bytes[0] === 0x80) return "pickle";
  if (bytes.length >= 4 && bytes.subarray(0, 4).every((byte) => byte === 0)) return "paddle";
  if (bytes[8] === "{".charCodeAt(0)) return "safetensors";
  return kindOfText(bytes);
}

function kindOfText(bytes: Uint8Array): Kind {
  return SECTION.test(new TextDecoder().decode(bytes)) ? "configuration" : "text";
}
