import { MismatchError } from "../../core/errors.ts";
import type { TrainStep } from "../../training/train-step.ts";
import { layoutOf, type ParameterPlace, readVariables } from "./shared-values.ts";
import type { StepSetup } from "./worker-tasks.ts";

/**
 * Makes a training step as its module says, with the parameters of the thread that asks for it.
 *
 * @throws TypeError when the module makes no step; MismatchError when it makes one with other parameters
 */
export async function makeStep({ module, config, layout, parameters }: StepSetup): Promise<TrainStep<never>> {
  const make = await importedDefault(module);
  if (typeof make !== "function") {
    throw new TypeError(`${module}: expected a function as its default export, which makes a training step.`);
  }
  const step: unknown = await make(config);
  if (!isStep(step)) throw new TypeError(`${module}: what its default export returns is no training step.`);
  const own = step.parameters();
  expectLayout(module, layoutOf(own), layout);
  readVariables(own, parameters);
  for (const { path, trainable } of layout) {
    const variable = own.get(path);
    if (variable !== undefined) variable.trainable = trainable;
  }
  return step;
}

export async function importedDefault(address: string): Promise<unknown> {
  return ((await import(address)) as { readonly default?: unknown }).default;
}

function isStep(value: unknown): value is TrainStep<never> {
  const { parameters, gradients } = (value ?? {}) as Partial<TrainStep<never>>;
  return typeof parameters === "function" && typeof gradients === "function";
}

function expectLayout(module: string, own: readonly ParameterPlace[], expected: readonly ParameterPlace[]): void {
  for (let place = 0; place < Math.max(own.length, expected.length); place++) {
    const [there, here] = [own[place], expected[place]].map(
      (each) => each && `${each.path} [${each.shape.join(", ")}]`,
    );
    if (there === here) continue;
    throw new MismatchError(
      `${module}: its step must have the parameters of the given one. Parameter ${place} must be ${here ?? "none"}. ` +
        `Got ${there ?? "none"}.`,
    );
  }
}
