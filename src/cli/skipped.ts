import { describeFindings, describeOtherVideos } from "../data/list-findings.ts";
import { describeSkipped, type SkippedVideo, type VideoDataset } from "../data/video-dataset.ts";
import type { PaddleProject } from "../project/paddle-project.ts";
import type { Terminal } from "./terminal.ts";

/** Says what was found of a project's class file, of a list and its feature files, though its videos could be used. */
export function reportFindings({ notes }: PaddleProject, dataset: VideoDataset, terminal: Terminal): void {
  for (const note of notes) terminal.say(note);
  for (const finding of describeFindings(dataset.findings)) terminal.say(`${dataset.name}: ${finding}`);
  reportOtherVideos(dataset, terminal);
}

/** The part of it that feature files show. */
export function reportOtherVideos(dataset: VideoDataset, terminal: Terminal): void {
  for (const finding of describeOtherVideos(dataset.findings)) terminal.say(`${dataset.name}: ${finding}`);
}

/** Says of each row that was left out which it was and why, and how many there were. */
export function reportSkipped(dataset: VideoDataset, list: string, terminal: Terminal): void {
  const { skipped } = dataset;
  if (skipped.length === 0) return;
  for (const video of skipped) terminal.say(`${list}, ${describeSkipped(video)}`);
  terminal.say(`${list}: ${skipped.length} of its rows ${skipped.length === 1 ? "was" : "were"} left out.`);
}

/** The same for machines. */
export function skippedAsJson(skipped: readonly SkippedVideo[]): object[] {
  return skipped.map((video) => ({
    line: video.line,
    fileName: video.fileName,
    reason: video.reason.kind,
    message: describeSkipped(video),
  }));
}
