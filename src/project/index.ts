export { finishRun } from "./finish-run.ts";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export {
  type CheckpointPath,
  loadErnieFolder,
  loadPaddleCheckpoint,
  resolveCheckpoint,
  saveErnieFolder,
  savePaddleCheckpoint,
} from "./paddle-checkpoint.ts";
export { type OpenProjectOptions, PaddleProject, type ProjectSection } from "./paddle-project.ts";
export {
  type ProjectStatistics,
  type RefusedValues,
  readProjectStatistics,
  type SectionStatistics,
} from "./project-statistics.ts";
export { type NewRunOptions, TrainingRun, type TrainWarnings } from "./training-run.ts";
export { writePredictions } from "./write-predictions.ts";
