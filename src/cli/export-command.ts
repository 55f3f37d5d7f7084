import { MismatchError } from "../core/errors.ts";
import { useBackend } from "../node/backend.ts";
import { writeAtomically } from "../node/files.ts";
import { loadTagger } from "../node/tagger-folder.ts";
import { exportEncoder } from "../onnx/encoder-file.ts";
import { exportTagger } from "../onnx/tagger-file.ts";
import { resolveCheckpoint } from "../project/paddle-checkpoint.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { CHECKPOINT, CONFIG, type OptionsOf, outputName, type Program } from "./command-line.ts";
import { interruptible } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

const definition = (program: Program) =>
  program
    .command("export")
    .description("Write a checkpoint as an ONNX model, for other engines.")
    .argument("<checkpoint>", CHECKPOINT)
    .requiredOption("--onnx <file>", "the file to write", outputName)
    .option("--config <file>", `for a checkpoint of Paddle's: ${CONFIG}`)
    .option("--encoder-only", "only ERNIE");

export function exportCommand(program: Program, terminal: Terminal): void {
  const command = definition(program);
  command.action(async (checkpoint, options) => {
    if (options.config === undefined && (await resolveCheckpoint(checkpoint)).kind !== "tagger") {
      command.error("error: a checkpoint of Paddle's needs option '--config <file>'");
    }
    await useBackend("cpu"); // nothing is computed
    await interruptible((signal) => exportOnnx(checkpoint, options, terminal, signal));
  });
}

/**
 * Writes a checkpoint as an ONNX model: the whole tagger, or its ERNIE alone.
 *
 * @param signal ends the work between two of the file's pieces; then nothing is written
 */
async function exportOnnx(
  checkpoint: string,
  { onnx, config, encoderOnly }: OptionsOf<typeof definition>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const tagger =
    config === undefined
      ? await loadTagger(checkpoint)
      : await (await PaddleProject.open(config)).loadTagger(checkpoint);
  try {
    const file = encoderOnly ? exportEncoder(encoderOf(tagger, checkpoint)) : exportTagger(tagger);
    let bytes = 0;
    await writeAtomically(onnx, async (handle) => {
      for await (const piece of file) {
        signal.throwIfAborted();
        await handle.writeFile(piece);
        bytes += piece.length;
      }
    });
    terminal.say(`${onnx}: ${(bytes / 1e6).toFixed(1)} MB.`);
  } finally {
    tagger.dispose();
  }
}

function encoderOf({ model }: VideoTagger, checkpoint: string) {
  const encoders = Object.values(model.towers).flatMap(({ encoder }) => (encoder === undefined ? [] : [encoder]));
  const [first, ...more] = encoders;
  if (first === undefined) throw new MismatchError(`${checkpoint}: this tagger has no titles, and so no encoder.`);
  if (more.length > 0) throw new MismatchError(`${checkpoint}: this tagger has ${encoders.length} encoders, not one.`);
  return first;
}
