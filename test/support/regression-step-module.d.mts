import type { TrainStep } from "../../src/training/train-step.ts";

export default function makeStep<Example>(config?: {
  readonly size?: number;
  readonly rate?: number;
  readonly dies?: boolean;
  readonly norm?: boolean;
}): TrainStep<Example>;
