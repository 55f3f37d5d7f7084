import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { MOST_WORKERS } from "../formats/run-manifest.ts";
import { registerKernels } from "../kernels/index.ts";
import { BACKEND_NAMES, defaultBackend, useBackend } from "../node/backend.ts";

/** The program, to which each command adds itself. */
// biome-ignore lint/complexity/noBannedTypes: it is how its types call a command without options.
export type Program = Command<[], {}>;

/** What a command's definition makes of its options. */
export type OptionsOf<Definition extends (program: Program) => { opts(): object }> = Readonly<
  ReturnType<ReturnType<Definition>["opts"]>
>;

export const CONFIG = "the configuration, an INI file as the original's conf.txt, with paths from the working folder";
export const CHECKPOINT = "a Paddle folder, param or .pdiparams file, or a folder of ours such as a run's best";
export const QUIET = "say nothing but what went wrong";
export const WORKERS = "threads that share the work, up to one a core; each needs memory for the model";
export const MAX_ROWS =
  "of a video with more rows of image or audio use so many, evenly sampled (default: the configuration's, or all)";
export const ENCODING_CACHE = "keep what a frozen encoder makes of titles in this folder, for this run and later ones";

/** A command that computes: it says on what. */
export function computing(program: Program, name: string, description: string) {
  return program
    .command(name)
    .description(description)
    .addOption(
      new Option("--backend <name>", "what computes (default: the fastest that works here)").choices(BACKEND_NAMES),
    );
}

export async function startBackend(name: string | undefined): Promise<void> {
  registerKernels();
  if (name === undefined) await defaultBackend();
  else await useBackend(name);
}

/** Larger than anyone waits for, and small enough to count with. */
const LARGEST_NUMBER = 1e9;

export function positiveWholeNumber(text: string): number {
  return wholeNumberUpTo(LARGEST_NUMBER, text);
}

export function numberOfWorkers(text: string): number {
  return wholeNumberUpTo(MOST_WORKERS, text);
}

function wholeNumberUpTo(largest: number, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > largest) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${largest}.`);
  }
  return value;
}

export function probability(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError("It must be a number from 0 to 1.");
  }
  return value;
}

/** The name of a file or folder to write; what other programs call their standard output is none. */
export function outputName(text: string): string {
  if (text === "-") throw new InvalidArgumentError("It needs a name: nothing is written to standard output.");
  return text;
}
