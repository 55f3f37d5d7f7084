import type { Module } from "../../src/core/module.ts";
import type { BatchNorm, Dropout, Linear } from "../../src/layers/index.ts";
import type { stepOf, TrainStep } from "../../src/training/train-step.ts";

interface Library {
  readonly Module: typeof Module;
  readonly BatchNorm: typeof BatchNorm;
  readonly Dropout: typeof Dropout;
  readonly Linear: typeof Linear;
  readonly stepOf: typeof stepOf;
}

type MakeStep = <Example>(config?: {
  readonly size?: number;
  readonly rate?: number;
  readonly dies?: boolean;
  readonly norm?: boolean;
}) => TrainStep<Example>;

export function regressionStepOf(library: Library): MakeStep;
