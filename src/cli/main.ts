import { Command, CommanderError } from "@commander-js/extra-typings";
import packageJson from "../../package.json" with { type: "json" };
import { asTooLargeError } from "../core/errors.ts";
import { LOOKS_THE_SAME } from "../formats/normalization.ts";
import { VideoTagError } from "../formats/video-tag-error.ts";
import { asFileError, errorCode, FileError } from "../node/files.ts";
import { composedOtherwise } from "../project/composed-otherwise.ts";
import { compareCommand } from "./compare-command.ts";
import { demoCommand } from "./demo-command.ts";
import { evaluateCommand } from "./evaluate-command.ts";
import { exportCommand } from "./export-command.ts";
import { inspectCommand } from "./inspect/inspect-command.ts";
import { Interruption } from "./interruption.ts";
import { predictCommand } from "./predict-command.ts";
import { createTerminal } from "./terminal.ts";
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
  for (const add of [trainCommand, evaluateCommand, predictCommand, tuneCommand]) add(program, terminal);
  for (const add of [demoCommand, exportCommand, compareCommand]) add(program, terminal);
  inspectCommand(program, terminal, () => {
    exitCode = FAILED;
  });

  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    for (const line of describeError(error)) terminal.say(line);
    const isMissing = error instanceof FileError && errorCode(error.cause) === "ENOENT";
    if (isMissing && (await composedOtherwise(error.file)) !== undefined) {
      terminal.say(LOOKS_THE_SAME);
    }
    return error instanceof Interruption ? error.exitCode : FAILED;
  }
}

/** A sentence; what nobody expected is told with all that may help to mend it. */
function describeError(thrown: unknown): string[] {
  const error = asTooLargeError(asFileError(thrown));
  if (!(error instanceof Error)) return [String(error)];
  if (error instanceof VideoTagError || error instanceof Interruption) return [error.message];
  return (error.stack ?? error.message).split("\n");
}

/** What commander says of a misunderstood command, and where to look. */
function inOneLine(text: string): string {
  const sentence = text.trim().replace(/\s*\n\s*/g, " ");
  return `${sentence}${sentence.endsWith(".") ? "" : "."} Add --help for what can be said.`;
}
