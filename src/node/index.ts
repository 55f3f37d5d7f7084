export { BackendError, defaultBackend, useBackend } from "./backend.ts";
export { featureFolder } from "./feature-folder.ts";
export { FileError } from "./files.ts";
export { type LoadTaggerOptions, loadTagger, saveTagger } from "./tagger-folder.ts";
export { openTitleEncodingFolder, type TitleEncodingFolderOptions } from "./title-encoding-folder.ts";
export { StepWorkers, type StepWorkersOptions, startStepWorkers } from "./workers/step-workers.ts";
export { type StartWorkersOptions, startWorkers, TaggerWorkers } from "./workers/tagger-workers.ts";
export { WorkerError } from "./workers/worker-thread.ts";
