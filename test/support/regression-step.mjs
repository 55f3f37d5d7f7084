import * as tf from "@tensorflow/tfjs";

/**
 * A linear regression, made of a library that is passed in: this thread's is the sources, a worker's the built package.
 * Both in one thread would guard one backend twice.
 *
 * @param {any} library Module, BatchNorm, Dropout, Linear and stepOf
 */
export function regressionStepOf({ Module, BatchNorm, Dropout, Linear, stepOf }) {
  class Regression extends Module {
    constructor(size, norm) {
      super();
      this.head = new Linear({ inputSize: size, outputSize: 1 }, null);
      this.norm = norm ? new BatchNorm({ size }) : undefined;
    }
  }

  /** @param {{ size?: number, rate?: number, dies?: boolean, norm?: boolean }} config */
  return function makeStep({ size = 2, rate = 0.3, dies = false, norm = false } = {}) {
    const model = new Regression(size, norm);
    const dropout = new Dropout({ rate });
    return stepOf(model, (examples, options) => {
      if (dies && examples.some(({ x }) => x[0] > 5)) process.exit(3);
      const x = tf.tensor2d(examples.map((example) => example.x));
      const y = tf.tensor2d(examples.map((example) => [example.y]));
      const normalized = model.norm?.forward(x, options) ?? x;
      return tf.sum(tf.squaredDifference(model.head.forward(dropout.forward(normalized, options)), y));
    });
  };
}
