import { Command, CommanderError, InvalidArgumentError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { MismatchError, ShapeError, StateError } from "../core/errors.ts";
import { FeatureSourceError, NoVideosError } from "../data/video-dataset.ts";
import { FormatError } from "../formats/format-error.ts";
import { BackendError, defaultBackend, useBackend } from "../node/backend.ts";
import { FileError } from "../node/files.ts";
import { TrainingError } from "../training/train.ts";
import { demoCommand } from "./demo/demo-command.ts";
import { evaluateCommand } from "./evaluate-command.ts";
import { inspectCommand } from "./inspect-command.ts";
import { predictCommand } from "./predict-command.ts";
import { createTerminal } from "./terminal.ts";
import { trainCommand } from "./train-command.ts";

/** Exit codes: 0 done, 1 the work failed, 2 the command was not understood, 130 stopped by Ctrl-C. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

/** Runs a command line, without the program's own name. Returns the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  let exitCode = 0;
  const program = new Command("multimodal-video-tag")
    .description("Tags short videos from frames, sound and title: MultimodalVideoTag on TensorFlow.js.")
    .version(packageJson.version)
    .showHelpAfterError("Add --help for what can be said.")
    .exitOverride();
  /** Lets Ctrl-C end the work at its next halt; a second one ends the process. Returns whether it came. */
  const interruptible = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> => {
    const interrupt = new AbortController();
    const stop = () => interrupt.abort();
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
      await work(interrupt.signal);
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    }
    if (interrupt.signal.aborted) exitCode = INTERRUPTED;
    return interrupt.signal.aborted;
  };
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .option("--backend <name>", "what computes: wasm, cpu or webgpu (default: the fastest that works here)");

  command("train", "Train as a configuration says.")
    .requiredOption("--config <file>", "the configuration, an INI file as the original's conf.txt")
    .requiredOption("--output <folder>", "where the run goes: the folders last and best, and metrics.jsonl")
    .option("--checkpoint <path>", "start from these parameters: a Paddle folder or param file, or a folder of ours")
    .option("--epochs <number>", "instead of the configuration's", positiveWholeNumber)
    .action(async ({ backend, ...options }) => {
      await startBackend(backend);
      const stopped = await interruptible((signal) => trainCommand(options, terminal, signal));
      if (stopped) terminal.say(`Stopped. ${options.output} holds what the last finished epoch left.`);
    });

  command("evaluate", "Measure a checkpoint on the [VALID] data of a configuration.")
    .requiredOption("--config <file>", "the configuration")
    .requiredOption("--checkpoint <path>", "a Paddle folder or param file, or a folder of ours")
    .option("--json", "print JSON")
    .option("--save-inference-model <folder>", "also save the model for prediction: ours, and Paddle's params")
    .option("--save-only", "only save it")
    .action(async ({ backend, ...options }) => {
      if (options.saveOnly && options.saveInferenceModel === undefined) {
        throw new CommanderError(MISUSED, "usage", "--save-only needs --save-inference-model.");
      }
      await startBackend(backend);
      process.stdout.write(await evaluateCommand(options, terminal));
    });

  command("predict", "Tag the [INFER] data of a configuration.")
    .requiredOption("--config <file>", "the configuration")
    .requiredOption("--checkpoint <path>", "a Paddle folder or param file, or a folder of ours")
    .requiredOption("--output <file>", "the JSON file to write")
    .option("--threshold <number>", "the probability that a label needs, instead of the configuration's", probability)
    .action(async ({ backend, ...options }) => {
      await startBackend(backend);
      await predictCommand(options, terminal);
    });

  command("demo", "Train, measure and predict on a synthetic dataset that it makes.")
    .option("--output <folder>", "where dataset and runs go", "demo")
    .option("--videos <number>", "training videos; half as many measure the result", positiveWholeNumber, 2000)
    .option("--epochs <number>", "epochs of each training", positiveWholeNumber, 12)
    .option("--world <number>", "the seed of the synthetic world", positiveWholeNumber, 21)
    .action(async ({ backend, ...options }) => {
      await startBackend(backend);
      await interruptible((signal) => demoCommand(options, terminal, (text) => process.stdout.write(text), signal));
    });

  program
    .command("inspect")
    .description("Look into a feature file, a checkpoint, a list or a class file.")
    .exitOverride()
    .argument("<file>", "the file, or a checkpoint's folder")
    .option("--json", "print JSON")
    .action(async (file, { json }) => {
      const { kind, json: details, lines, problems } = await inspectCommand(file);
      process.stdout.write(
        json ? `${JSON.stringify({ kind, ...details, problems }, null, 2)}\n` : `${[kind, ...lines].join("\n")}\n`,
      );
      for (const problem of problems) terminal.say(problem);
      if (problems.length > 0) exitCode = FAILED;
    });

  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === "usage") terminal.say(`error: ${error.message}`);
      return error.exitCode === 0 ? 0 : MISUSED;
    }
    terminal.say(isExpected(error) ? error.message : String(error instanceof Error ? error.stack : error));
    return FAILED;
  }
}

/** What a command's user can bring about, and whose message says all there is to say. */
function isExpected(error: unknown): error is Error {
  const kinds = [
    BackendError,
    FeatureSourceError,
    FileError,
    FormatError,
    MismatchError,
    NoVideosError,
    ShapeError,
    StateError,
    TrainingError,
  ];
  return kinds.some((kind) => error instanceof kind);
}

async function startBackend(name: string | undefined): Promise<void> {
  if (name === undefined) await defaultBackend();
  else await useBackend(name);
}

function positiveWholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number of 1 or more.");
  return value;
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
}
