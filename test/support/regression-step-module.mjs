/** A step for workers: a linear regression over two numbers, with noise where the config asks for it. */
import * as tf from "@tensorflow/tfjs";
import { Dropout, Linear } from "multimodal-video-tag/layers";
import { stepOf } from "multimodal-video-tag/training";

/** @param {{ size?: number, rate?: number, dies?: boolean }} config */
export default function makeStep({ size = 2, rate = 0.3, dies = false } = {}) {
  const head = new Linear({ inputSize: size, outputSize: 1 }, null);
  const dropout = new Dropout({ rate });
  return stepOf(head, (examples, options) => {
    if (dies && examples.some(({ x }) => x[0] > 5)) process.exit(3);
    const x = tf.tensor2d(examples.map((example) => example.x));
    const y = tf.tensor2d(examples.map((example) => [example.y]));
    return tf.sum(tf.squaredDifference(head.forward(dropout.forward(x, options)), y));
  });
}
