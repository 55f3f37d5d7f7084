import { expectOptions } from "../core/options.ts";
import { VideoDataset } from "../data/video-dataset.ts";
import { indexLabels, unusableLabels } from "../formats/class-file.ts";
import { FormatError } from "../formats/format-error.ts";
import { openListFile, selectRows } from "../formats/list-file.ts";
import { featureFolder } from "../node/feature-folder.ts";
import { FileError, isFolder, readBytes } from "../node/files.ts";

export interface OpenDatasetOptions {
  /** The list file: `file name \t title \t label,label,...` a line. */
  readonly list: string;
  /** The folder of feature files. */
  readonly features: string;
  /** The label names in class order, when true labels are wanted: rows without a known one are then left out. */
  readonly labels?: readonly string[];
  /** Ends the reading of a large feature file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the original's files as a dataset: for inference, or with true labels for training and evaluation.
 *
 * @throws FormatError when the list is damaged or has no rows, FileError when it cannot be read or there is no folder of
 *   features
 */
export async function openDataset(options: OpenDatasetOptions): Promise<VideoDataset> {
  expectOptions("openDataset", options, {
    needed: { list: "text", features: "text" },
    optional: { labels: "list", signal: "object" },
  });
  const { list, features, labels, signal } = options;
  const { isQuoted, rows } = openListFile(await readBytes(list), { file: list });
  const selection = selectRows(
    rows,
    labels === undefined ? { mode: "infer" } : { mode: "valid", labels: indexLabels(labels) },
  );
  if (selection.accepted.length + selection.skipped.length === 0) {
    throw new FormatError(list, undefined, "expected a video a line. Got none.");
  }
  if (!(await isFolder(features))) throw new FileError(features, "expected a folder of feature files. Got a file.");
  return new VideoDataset({
    name: list,
    ...selection,
    unusableLabels: unusableLabels(labels ?? []),
    isQuoted,
    features: featureFolder(features, { signal }),
  });
}
