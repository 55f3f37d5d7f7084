export type { ConfigurationValue, ReportVideo, RunReport, VideoReasons } from "../report/run-report.ts";
export { BackendError, defaultBackend, rebuildBackend, useBackend } from "./backend.ts";
export { featureFolder } from "./feature-folder.ts";
export { FileError } from "./files.ts";
export { finishRun } from "./finish-run.ts";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export {
  type ProjectStatistics,
  type RefusedValues,
  readProjectStatistics,
  type SectionStatistics,
} from "./project-statistics.ts";
export {
  type CheckpointPath,
  loadErnieFolder,
  loadReferenceCheckpoint,
  resolveCheckpoint,
  saveErnieFolder,
  saveReferenceCheckpoint,
} from "./reference-checkpoint.ts";
export { type OpenProjectOptions, type ProjectSection, ReferenceProject } from "./reference-project.ts";
export { RunFolder } from "./run-folder.ts";
export { type RunScores, readRunScores, type ScoredVideo, writeRunScores } from "./run-scores.ts";
export { type LoadTaggerOptions, loadTagger, saveTagger } from "./tagger-folder.ts";
export { openTitleEncodingFolder, type TitleEncodingFolderOptions } from "./title-encoding-folder.ts";
export type { LossSettings } from "./training-recipe.ts";
export { type NewRunOptions, TrainingRun, type TrainWarnings } from "./training-run.ts";
export { type StartWorkersOptions, startWorkers, TaggerWorkers } from "./workers/tagger-workers.ts";
export { WorkerError } from "./workers/worker-thread.ts";
export { writePredictions } from "./write-predictions.ts";
export { writeReport } from "./write-report.ts";
