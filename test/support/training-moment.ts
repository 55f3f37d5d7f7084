import { assignVariables, type ParameterValues, readState, readVariables } from "../../src/core/state.ts";
import type { VideoTagger } from "../../src/inference/video-tagger.ts";
import type { TrainingProgress, TrainingState } from "../../src/training/training-state.ts";

/** All that a training is at one moment. */
export interface Moment {
  readonly parameters: Map<string, ParameterValues>;
  readonly optimizer: Map<string, ParameterValues>;
  readonly progress: TrainingProgress;
}

type Training = { readonly tagger: VideoTagger; readonly state: TrainingState };

export async function momentOf({ tagger, state }: Training): Promise<Moment> {
  const [parameters, optimizer] = [await readState(tagger.model), await readVariables(state.optimizer)];
  return { parameters, optimizer, progress: state.progress };
}

/** Brings another training to this moment, as if it had been read from a file. */
export function goOnFrom(moment: Moment, { tagger, state }: Training): void {
  assignVariables(tagger.model.parameters(), moment.parameters);
  assignVariables(state.optimizer, moment.optimizer);
  state.progress = JSON.parse(JSON.stringify(moment.progress)) as TrainingProgress;
}
