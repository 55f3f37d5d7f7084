import * as tf from "@tensorflow/tfjs-core";
import { type ComposedKernel, type KernelInputs, runComposedKernel } from "../core/composed-kernel.ts";

/** What an optimizer remembers from step to step, by parameter path and name, as `head.kernel:meanSquare`. */
export type OptimizerState = Map<string, tf.Variable>;

/** A rule that turns gradients into new parameters. It holds nothing itself: all it remembers is in the state. */
export interface Optimizer {
  /** The state before the first step. The caller owns it. */
  init(parameters: ReadonlyMap<string, tf.Variable>): OptimizerState;
  /**
   * One step: changes the parameters that have a gradient, and their state.
   *
   * @throws Error when there is a gradient without a parameter or without state
   */
  update(
    parameters: ReadonlyMap<string, tf.Variable>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    state: OptimizerState,
    learningRate: number,
  ): void;
}

/** What may differ from parameter to parameter, in every optimizer. */
export interface ParameterRates {
  /** How strongly a parameter is drawn towards 0, by its path. Each optimizer says how it uses it. Default 0 for all. */
  readonly weightDecay?: (path: string) => number;
  /** What the learning rate is multiplied with for a parameter, by its path. Default 1 for all. */
  readonly learningRateScale?: (path: string) => number;
}

/** The options that every optimizer has. */
export const RATE_KINDS = { weightDecay: "function", learningRateScale: "function" } as const;

/** A rule that treats every parameter by itself. */
interface ParameterRule<Attributes extends tf.NamedAttrMap> {
  /** Stands in error messages. */
  readonly name: string;
  /** What is remembered of a parameter of this shape: the shape of each tensor, in the order of the kernel's outputs. All are zeros at first. */
  readonly memory: (shape: readonly number[]) => Readonly<Record<string, readonly number[]>>;
  /** From `parameter`, `gradient` and what is remembered, by name, to the new parameter and what is remembered then. */
  readonly kernel: ComposedKernel<KernelInputs, tf.Tensor[], Attributes>;
  readonly attributes: (rates: { readonly learningRate: number; readonly weightDecay: number }) => Attributes;
}

/** The optimizer that applies a rule to every parameter that has a gradient. */
export function optimizerOf<Attributes extends tf.NamedAttrMap>(
  { name, memory, kernel, attributes }: ParameterRule<Attributes>,
  { weightDecay = () => 0, learningRateScale = () => 1 }: ParameterRates,
): Optimizer {
  return {
    init(parameters) {
      const state: OptimizerState = new Map();
      try {
        for (const [path, { shape }] of parameters) {
          for (const [part, partShape] of Object.entries(memory(shape))) {
            state.set(
              `${path}:${part}`,
              tf.tidy(() => tf.variable(tf.zeros([...partShape]))),
            );
          }
        }
      } catch (error) {
        tf.dispose([...state.values()]);
        throw error;
      }
      return state;
    },

    update(parameters, gradients, state, learningRate) {
      for (const [path, gradient] of gradients) {
        const parameter = parameters.get(path);
        if (!parameter) throw new Error(`${name}: there is a gradient but no parameter for ${path}.`);
        const remembered: Record<string, tf.Variable> = {};
        for (const part of Object.keys(memory(parameter.shape))) {
          const variable = state.get(`${path}:${part}`);
          if (!variable) throw new Error(`${name}: there is a gradient but no state for ${path}:${part}.`);
          remembered[part] = variable;
        }
        const rates = { learningRate: learningRate * learningRateScale(path), weightDecay: weightDecay(path) };
        tf.tidy(() => {
          const outputs = runComposedKernel(kernel, { parameter, gradient, ...remembered }, attributes(rates));
          for (const [index, variable] of [parameter, ...Object.values(remembered)].entries()) {
            variable.assign(outputs[index] as tf.Tensor);
          }
        });
      }
    },
  };
}
