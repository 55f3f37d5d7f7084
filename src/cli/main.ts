import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import {
  asTooLargeError,
  BackendFailedError,
  MismatchError,
  NotFiniteError,
  ShapeError,
  StateError,
  TooLargeError,
} from "../core/errors.ts";
import { FileSourceError } from "../data/file-source.ts";
import { MOST_UNKNOWN_LABELS } from "../data/list-findings.ts";
import { DatasetChangedError, NoVideosError } from "../data/video-dataset.ts";
import { FormatError } from "../formats/format-error.ts";
import { MOST_WORKERS } from "../formats/run-manifest.ts";
import { registerKernels } from "../kernels/index.ts";
import { BACKEND_NAMES, BackendError, defaultBackend, useBackend } from "../node/backend.ts";
import { asFileError, errorCode, FileError } from "../node/files.ts";
import { WorkerError } from "../node/workers/worker-thread.ts";
import { composedOtherwise } from "../project/composed-otherwise.ts";
import { resolveCheckpoint } from "../project/paddle-checkpoint.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { compareCommand } from "./compare-command.ts";
import { demoCommand } from "./demo-command.ts";
import { evaluateCommand } from "./evaluate-command.ts";
import { exportCommand } from "./export-command.ts";
import { inspectCommand } from "./inspect/inspect-command.ts";
import { Interruption, interruptible } from "./interruption.ts";
import { predictCommand } from "./predict-command.ts";
import { createTerminal, percent, quietTerminal } from "./terminal.ts";
import { trainCommand } from "./train-command.ts";
import { tuneCommand } from "./tune-command.ts";

/** Exit codes: 0 done, 1 the work failed, 2 the command was not understood; an Interruption has its own, 130 for Ctrl-C. */
const FAILED = 1;
const MISUSED = 2;

/** Runs a command line, without the program's own name. Returns the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  let exitCode = 0;
  const program = new Command("multimodal-video-tag")
    .description("Tags short videos from frames, sound and title: MultimodalVideoTag on TensorFlow.js.")
    .version(packageJson.version)
    .configureOutput({ outputError: (text) => terminal.say(inOneLine(text)) })
    .exitOverride();
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .addOption(
        new Option("--backend <name>", "what computes (default: the fastest that works here)").choices(BACKEND_NAMES),
      );

  const training = command("train", "Train as a configuration says, or go on with a run.")
    .option("--config <file>", CONFIG)
    .option("--output <folder>", "the folder of a new run: its models, metrics and report")
    .option("--checkpoint <path>", `start from these parameters: ${CHECKPOINT}`)
    .addOption(
      new Option("--resume <folder>", "go on with this run, as if it had never stopped").conflicts([
        "config",
        "output",
        "checkpoint",
        "workers",
        "allowUnknownLabels",
      ]),
    )
    .option("--epochs <number>", "instead of the configuration's", positiveWholeNumber)
    .option("--workers <number>", `${WORKERS}; a run keeps their number`, numberOfWorkers)
    .option(
      "--allow-unknown-labels",
      `train although more than ${percent(MOST_UNKNOWN_LABELS)} of the labels are not in the class file`,
    )
    .option("--save-steps <number>", "keep the state every so many steps, not only after an epoch", positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option("--quiet", QUIET)
    .action(async ({ backend, quiet, ...options }) => {
      if (options.resume === undefined) {
        if (options.config === undefined) training.error("error: required option '--config <file>' not specified");
        if (options.output === undefined) training.error("error: required option '--output <folder>' not specified");
      }
      await startBackend(backend ?? (options.resume && (await new RunFolder(options.resume).readManifest()).backend));
      const where = quiet ? quietTerminal(terminal) : terminal;
      await interruptible(async (signal) => {
        for (const line of await trainCommand(options, where, signal)) where.say(line);
      });
    });

  const evaluate = command("evaluate", "Measure a checkpoint on the [VALID] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .option("--json", "print JSON")
    .option("--workers <number>", WORKERS, numberOfWorkers)
    .option("--max-rows <number>", MAX_ROWS, positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option("--save-inference-model <folder>", "also save the model for prediction: ours, and Paddle's params")
    .option("--save-only", "only save it")
    .action(async ({ backend, ...options }) => {
      if (options.saveOnly && options.saveInferenceModel === undefined) {
        evaluate.error("error: option '--save-only' needs '--save-inference-model <folder>'");
      }
      await startBackend(backend);
      await evaluateCommand(options, terminal);
    });

  command("predict", "Tag the [INFER] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .requiredOption("--output <file>", "the JSON file to write; - is standard output")
    .option(
      "--threshold <number>",
      "the probability that a label needs, instead of the checkpoint's or the configuration's",
      probability,
    )
    .option("--explain", "also write where in time the model looked, and what each modality added to each label")
    .option("--workers <number>", WORKERS, numberOfWorkers)
    .option("--max-rows <number>", MAX_ROWS, positiveWholeNumber)
    .option("--encoding-cache <folder>", ENCODING_CACHE)
    .option("--quiet", QUIET)
    .action(async ({ backend, quiet, ...options }) => {
      await startBackend(backend);
      await interruptible((signal) => predictCommand(options, quiet ? quietTerminal(terminal) : terminal, signal));
    });

  command("tune", "Tune a checkpoint's thresholds on the [VALID] data of a configuration.")
    .requiredOption("--config <file>", CONFIG)
    .requiredOption("--checkpoint <path>", CHECKPOINT)
    .requiredOption("--output <folder>", "where the tuned model goes; the checkpoint's own folder will do")
    .option("--precision <number>", "the precision that each label shall have (default: the best F1)", probability)
    .addOption(
      new Option("--calibrate <kind>", "make scores that come true as often as they say").choices([
        "temperature",
        "platt",
      ]),
    )
    .action(async ({ backend, ...options }) => {
      await startBackend(backend);
      await tuneCommand(options, terminal);
    });

  command("demo", "Train, measure and predict on a synthetic dataset that it makes.")
    .option("--output <folder>", "where dataset and runs go", "demo")
    .option("--videos <number>", "training videos; half as many measure the result", positiveWholeNumber, 2000)
    .option("--epochs <number>", "epochs of each training", positiveWholeNumber, 12)
    .option("--world <number>", "the seed of the synthetic world", positiveWholeNumber, 21)
    .action(async ({ backend, ...options }) => {
      await startBackend(backend);
      await interruptible((signal) => demoCommand(options, terminal, signal));
    });

  const exporting = program
    .command("export")
    .description("Write a checkpoint as an ONNX model, for other engines.")
    .argument("<checkpoint>", CHECKPOINT)
    .requiredOption("--onnx <file>", "the file to write")
    .option("--config <file>", `for a checkpoint of Paddle's: ${CONFIG}`)
    .option("--encoder-only", "only ERNIE")
    .action(async (checkpoint, options) => {
      if (options.config === undefined && (await resolveCheckpoint(checkpoint)).kind !== "tagger") {
        exporting.error("error: a checkpoint of Paddle's needs option '--config <file>'");
      }
      await useBackend("cpu"); // nothing is computed
      await interruptible((signal) => exportCommand({ checkpoint, ...options }, terminal, signal));
    });

  program
    .command("compare")
    .description("Compare runs by what their best checkpoints make of the validation videos.")
    .argument("<run...>", "folders of runs; the others are compared with the first")
    .option("--json", "print JSON")
    .action((runs, { json }) => compareCommand({ runs, json }, terminal));

  program
    .command("inspect")
    .description("Look into a feature file, a checkpoint, a list, a class file or the dataset of a configuration.")
    .argument("<file>", "the file, or a checkpoint's folder; a configuration stands for its dataset")
    .option("--json", "print JSON")
    .action(async (file, { json }) => {
      const isUsable = await inspectCommand({ file, json }, terminal);
      if (!isUsable) exitCode = FAILED;
    });

  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    for (const line of describeError(error)) terminal.say(line);
    const isMissing = error instanceof FileError && errorCode(error.cause) === "ENOENT";
    if (isMissing && (await composedOtherwise(error.file)) !== undefined) {
      terminal.say("There is one that looks the same: only the Unicode normalization of its name differs (NFC, NFD).");
    }
    return error instanceof Interruption ? error.exitCode : FAILED;
  }
}

const CONFIG = "the configuration, an INI file as the original's conf.txt, with paths from the working folder";
const QUIET = "say nothing but what went wrong";
const WORKERS = "threads that share the work, up to one a core; each needs memory for the model";
const MAX_ROWS =
  "of a video with more rows of image or audio use so many, evenly sampled (default: the configuration's, or all)";
const ENCODING_CACHE = "keep what a frozen encoder makes of titles in this folder, for this run and later ones";
const CHECKPOINT = "a Paddle folder, param or .pdiparams file, or a folder of ours such as a run's best";

/** Errors that a command's user can bring about, and whose message says all there is to say. */
const EXPECTED = [
  BackendError,
  DatasetChangedError,
  FileSourceError,
  BackendFailedError,
  FileError,
  FormatError,
  Interruption,
  MismatchError,
  NotFiniteError,
  NoVideosError,
  ShapeError,
  StateError,
  TooLargeError,
  WorkerError,
];

/** A sentence; what nobody expected is told with all that may help to mend it. */
function describeError(thrown: unknown): string[] {
  const error = asTooLargeError(asFileError(thrown));
  if (!(error instanceof Error)) return [String(error)];
  if (EXPECTED.some((kind) => error instanceof kind)) return [error.message];
  return (error.stack ?? error.message).split("\n");
}

/** What commander says of a misunderstood command, and where to look. */
function inOneLine(text: string): string {
  const sentence = text.trim().replace(/\s*\n\s*/g, " ");
  return `${sentence}${sentence.endsWith(".") ? "" : "."} Add --help for what can be said.`;
}

async function startBackend(name: string | undefined): Promise<void> {
  registerKernels();
  if (name === undefined) await defaultBackend();
  else await useBackend(name);
}

/** Larger than anyone waits for, and small enough to count with. */
const LARGEST_NUMBER = 1e9;

function positiveWholeNumber(text: string): number {
  return wholeNumberUpTo(LARGEST_NUMBER, text);
}

function numberOfWorkers(text: string): number {
  return wholeNumberUpTo(MOST_WORKERS, text);
}

function wholeNumberUpTo(largest: number, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > largest) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${largest}.`);
  }
  return value;
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError("It must be a number from 0 to 1.");
  }
  return value;
}
