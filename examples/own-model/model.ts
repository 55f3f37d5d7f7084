/** A model that is no tagger: how fast a noisy curve swings. Worker threads make it by this module too. */
import * as tf from "@tensorflow/tfjs-core";
import { Module, padSequences, RandomStream, type SequenceRows } from "multimodal-video-tag";
import { BidirectionalLstm, Dropout, Linear, MeanPooling } from "multimodal-video-tag/layers";
import { stepOf, type TrainStep } from "multimodal-video-tag/training";

export interface Curve {
  readonly rows: SequenceRows;
  /** Swings in ten rows. */
  readonly speed: number;
}

export class SpeedReader extends Module {
  readonly lstm = new BidirectionalLstm({ inputSize: 1, units: 8 }, new RandomStream(1));
  readonly pooling = new MeanPooling({ inputSize: 16 });
  readonly dropout = new Dropout({ rate: 0.1 });
  readonly head = new Linear({ inputSize: 16, outputSize: 1 }, new RandomStream(2));
}

export default function makeStep(): TrainStep<Curve> {
  const model = new SpeedReader();
  return stepOf(model, (curves: readonly Curve[], options) => {
    const rows = curves.map((curve) => curve.rows);
    const speeds = curves.map((curve) => curve.speed);
    const { values, mask } = padSequences(rows, 1);
    const { pooled } = model.pooling.forward({ values: model.lstm.forward({ values, mask }), mask });
    const found = model.head.forward(model.dropout.forward(pooled, options));
    return tf.sum(tf.squaredDifference(found, tf.tensor2d(speeds, [speeds.length, 1])));
  });
}
