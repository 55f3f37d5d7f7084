import * as tf from "@tensorflow/tfjs-core";

/**
 * Something that owns parameters: a layer, or a model made of layers.
 *
 * A parameter's name is its path of fields, such as `towers.image.recurrence.forwards.bias`; nothing is registered.
 * Fields that hold a variable, a module, or a list or plain object of modules count; private `#fields` do not.
 */
export abstract class Module {
  #isDisposed = false;

  /** Every parameter by its path, in the order of the fields. One that two paths reach is listed once, by the first. */
  parameters(): Map<string, tf.Variable> {
    const found = new Map<string, tf.Variable>();
    this.#visit((part, path) => {
      if (part instanceof tf.Variable) found.set(path, part);
    });
    return found;
  }

  /** This module, whose path is empty, and those within it by their paths. */
  modules(): Map<string, Module> {
    const found = new Map<string, Module>();
    this.#visit((part, path) => {
      if (part instanceof Module) found.set(path, part);
    });
    return found;
  }

  /** The parameters that training changes: those that were not frozen. */
  trainableParameters(): Map<string, tf.Variable> {
    return new Map([...this.parameters()].filter(([, { trainable }]) => trainable));
  }

  /**
   * The parameters that training changes without a gradient: running statistics, which are those of a module that absorbs
   * moments (core/moments.ts) that are not trained.
   */
  statistics(): Map<string, tf.Variable> {
    const found = new Map<string, tf.Variable>();
    for (const [path, module] of this.modules()) {
      if (!("absorb" in module)) continue;
      for (const [field, value] of Object.entries(module)) {
        const isStatistic = value instanceof tf.Variable && !value.trainable;
        if (isStatistic) found.set(path === "" ? field : `${path}.${field}`, value);
      }
    }
    return found;
  }

  /** Training leaves every parameter as it is from now on. */
  freeze(): void {
    for (const variable of this.parameters().values()) variable.trainable = false;
  }

  /** @throws TypeError when the module was disposed of */
  expectParameters(): void {
    if (this.#isDisposed) throw new TypeError("This model was disposed of: it has no parameters any more.");
  }

  /** Frees every parameter. The module must not be used any more. */
  dispose(): void {
    this.#isDisposed = true;
    for (const variable of this.parameters().values()) variable.dispose();
  }

  #visit(tell: (part: tf.Variable | Module, path: string) => void): void {
    const seen = new Set<unknown>();
    const visit = (value: unknown, path: string): void => {
      const isPart = value instanceof tf.Variable || value instanceof Module;
      if (!isPart && !Array.isArray(value) && !isPlainObject(value)) return;
      if (seen.has(value)) return;
      seen.add(value);
      if (isPart) tell(value, path);
      if (value instanceof tf.Variable) return;
      for (const [field, inner] of Object.entries(value)) visit(inner, path === "" ? field : `${path}.${field}`);
    };
    visit(this, "");
  }
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
