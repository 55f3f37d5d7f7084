export type { ConfigurationValue, ReportVideo, RunReport, VideoReasons } from "../report/run-report.ts";
export { RunFolder } from "./run-folder.ts";
export { type RunScores, type RunVideo, readRunScores, writeRunScores } from "./run-scores.ts";
export { type RestoredCheckpoint, type Resumable, TrainingCheckpoints } from "./training-checkpoints.ts";
export { writeReport } from "./write-report.ts";
