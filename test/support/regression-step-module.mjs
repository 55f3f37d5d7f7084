/** A step for workers: a linear regression over two numbers, with noise where the config asks for it. */
import * as tf from "@tensorflow/tfjs";
import { Module } from "multimodal-video-tag";
import { BatchNorm, Dropout, Linear } from "multimodal-video-tag/layers";
import { stepOf } from "multimodal-video-tag/training";

class Regression extends Module {
  constructor(size, norm) {
    super();
    this.head = new Linear({ inputSize: size, outputSize: 1 }, null);
    this.norm = norm ? new BatchNorm({ size }) : undefined;
  }
}

/** @param {{ size?: number, rate?: number, dies?: boolean, norm?: boolean }} config */
export default function makeStep({ size = 2, rate = 0.3, dies = false, norm = false } = {}) {
  const model = new Regression(size, norm);
  const dropout = new Dropout({ rate });
  return stepOf(model, (examples, options) => {
    if (dies && examples.some(({ x }) => x[0] > 5)) process.exit(3);
    const x = tf.tensor2d(examples.map((example) => example.x));
    const y = tf.tensor2d(examples.map((example) => [example.y]));
    return tf.sum(
      tf.squaredDifference(model.head.forward(dropout.forward(model.norm?.forward(x, options) ?? x, options)), y),
    );
  });
}
