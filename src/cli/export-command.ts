import { MismatchError } from "../core/errors.ts";
import { writeAtomically } from "../node/files.ts";
import { loadTagger } from "../node/tagger-folder.ts";
import { exportEncoder } from "../onnx/encoder-file.ts";
import { exportTagger } from "../onnx/tagger-file.ts";
import { PaddleProject } from "../project/paddle-project.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import type { Terminal } from "./terminal.ts";

export interface ExportCommandOptions {
  readonly checkpoint: string;
  /** The file to write. */
  readonly onnx: string;
  /** Needed for a checkpoint of the original, which does not know its model. */
  readonly config?: string;
  readonly encoderOnly?: boolean;
}

/**
 * Writes a checkpoint as an ONNX model: the whole tagger, or its ERNIE alone.
 *
 * @param signal ends the work between two of the file's pieces; then nothing is written
 */
export async function exportCommand(
  { checkpoint, onnx, config, encoderOnly }: ExportCommandOptions,
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

function encoderOf({ model: { text } }: VideoTagger, checkpoint: string) {
  if (text === undefined) throw new MismatchError(`${checkpoint}: this tagger has no titles, and so no encoder.`);
  return text.encoder;
}
