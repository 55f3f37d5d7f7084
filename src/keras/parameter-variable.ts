import type * as tf from "@tensorflow/tfjs-core";
import { LayerVariable } from "@tensorflow/tfjs-layers";

/** A module's parameter as a weight of a Keras layer: one variable, so that whoever changes it changes both. */
export class ParameterVariable extends LayerVariable {
  readonly #parameter: tf.Variable;

  constructor(parameter: tf.Variable, path: string, trainable: boolean) {
    super(parameter, "float32", path, trainable);
    // The base class made a variable of its own; nothing reads it below.
    this.val.dispose();
    this.#parameter = parameter;
  }

  override read(): tf.Tensor {
    return this.#parameter;
  }

  override write(values: tf.Tensor): this {
    if (values.id !== this.#parameter.id) this.#parameter.assign(values);
    return this;
  }

  override dispose(): void {
    this.#parameter.dispose();
  }
}
