import { assignVariables, type ParameterValues, readVariables } from "../../src/core/state.ts";
import type { TrainStep } from "../../src/training/train-step.ts";
import type { TrainingProgress, TrainingState } from "../../src/training/training-state.ts";

/** All that a training is at one moment. */
export interface Moment {
  readonly parameters: Map<string, ParameterValues>;
  readonly optimizer: Map<string, ParameterValues>;
  readonly progress: TrainingProgress;
}

type Trained = Pick<TrainStep<never>, "parameters">;

export async function momentOf(model: Trained, state: TrainingState): Promise<Moment> {
  const [parameters, optimizer] = [await readVariables(model.parameters()), await readVariables(state.optimizer)];
  return { parameters, optimizer, progress: state.progress };
}

/** Brings another training to this moment, as if it had been read from a file. */
export function goOnFrom(moment: Moment, model: Trained, state: TrainingState): void {
  assignVariables(model.parameters(), moment.parameters);
  assignVariables(state.optimizer, moment.optimizer);
  state.progress = JSON.parse(JSON.stringify(moment.progress)) as TrainingProgress;
}
