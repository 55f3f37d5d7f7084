import * as tf from "@tensorflow/tfjs-core";
import { describeShape, StateError } from "./errors.ts";
import type { Module } from "./module.ts";

/** A parameter's values outside of any backend, in C order. */
export interface ParameterValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The values of a module's parameters by their paths. */
export type State = ReadonlyMap<string, ParameterValues>;

/**
 * Reads every parameter of a module back from the backend.
 *
 * @throws TypeError when the module was disposed of; BackendFailedError when its backend has failed
 */
export async function readState(module: Module): Promise<Map<string, ParameterValues>> {
  module.expectParameters();
  return readVariables(module.parameters());
}

/** Reads variables back from the backend. */
export async function readVariables(
  variables: ReadonlyMap<string, tf.Variable>,
): Promise<Map<string, ParameterValues>> {
  const state = new Map<string, ParameterValues>();
  for (const [path, variable] of variables) {
    state.set(path, { shape: variable.shape, data: (await variable.data()) as Float32Array });
  }
  return state;
}

/**
 * Sets every parameter of a module, or none of them.
 *
 * @throws StateError that names the first parameter that is missing, unknown or of another shape
 */
export function loadState(module: Module, state: State): void {
  assignVariables(module.parameters(), state);
}

/**
 * Sets variables. All paths and shapes are compared before the first value is written: they are set as a whole or left
 * as they were.
 *
 * @throws StateError that names the first one that is missing, unknown or of another shape
 */
export function assignVariables(parameters: ReadonlyMap<string, tf.Variable>, state: State): void {
  for (const [path, { shape }] of parameters) {
    const given = state.get(path);
    if (given === undefined) {
      throw new StateError(path, `Parameter ${path} ${describeShape(shape)} is missing: ${state.size} were given.`);
    }
    if (describeShape(given.shape) !== describeShape(shape) || given.data.length !== countValues(shape)) {
      const isWhole = given.data.length === countValues(given.shape);
      const got = isWhole ? "" : ` with ${given.data.length} values`;
      throw new StateError(
        path,
        `Parameter ${path} must have shape ${describeShape(shape)}. Got ${describeShape(given.shape)}${got}.`,
      );
    }
  }
  for (const [path, { shape }] of state) {
    if (!parameters.has(path)) {
      throw new StateError(path, `Parameter ${path} ${describeShape(shape)} is unknown: this module has no such one.`);
    }
  }
  for (const [path, { shape, data }] of state) {
    const values = tf.tensor(data, [...shape], "float32");
    parameters.get(path)?.assign(values);
    values.dispose();
  }
}

function countValues(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
