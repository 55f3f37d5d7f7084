import * as tf from "@tensorflow/tfjs-core";
import { expectOptions } from "../core/options.ts";
import type { Calibration } from "../tagging/calibration.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { linear } from "./linear-nodes.ts";
import { onnxFile } from "./onnx-file.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { towerNodes } from "./tower-nodes.ts";

/**
 * A tagger as an ONNX model (opset 17), which takes what `VideoTagger.tag` takes when texts are token ids, and gives the
 * same scores, calibration included. For each modality of the model, by its name, such as `image` or `text`:
 *
 * - `image`: float32 [batch, image_time, size]; `text`: int64 token ids [batch, text_time], with [CLS] and [SEP]. Any number
 *   of videos and rows, padded at the end with anything finite (0 for texts).
 * - `image_length`, `text_length`: int64 [batch], how many rows are a video's own. 0 says that it lacks the modality, which
 *   then adds nothing. Where the model's `whenAbsent` says `zeroRows` or `empty-text` it wants these instead: so many rows of
 *   zeros, [CLS] and [SEP].
 *
 * Results: `scores` and `logits` [batch, numClasses]; `image_attention` [batch, time] where a pooling weighs rows. The file's
 * metadata holds `labels`, `threshold` and `model` as JSON, and for a text `text_max_length` and `text_vocabulary`.
 *
 * @returns the file's bytes, piece by piece
 * @throws RangeError when the file would have 2 GiB or more
 */
export function exportTagger(tagger: VideoTagger): AsyncGenerator<Uint8Array> {
  expectOptions("exportTagger", { tagger }, { needed: { tagger: "object" } });
  const graph = taggerGraph(tagger);
  const { model, labels, threshold } = tagger;
  const metadata = new Map([
    ["labels", JSON.stringify(labels)],
    ["threshold", JSON.stringify(threshold)],
    ["model", JSON.stringify(model.config)],
  ]);
  for (const [name, { maxLength, vocabulary }] of Object.entries(tagger.config.texts ?? {})) {
    metadata.set(`${name}_max_length`, `${maxLength}`).set(`${name}_vocabulary`, vocabulary);
  }
  return onnxFile({ graph, name: "tagger", metadata });
}

function taggerGraph({ model, config: { calibration } }: VideoTagger): OnnxGraph {
  const graph = new OnnxGraph();
  const features = new Map<string, string>();
  const attention = new Map<string, string>();
  const lengthOf = (modality: string): string =>
    graph.input({
      ...{ name: `${modality}_length`, dtype: "int64", shape: ["batch"] },
      description: `How many rows of ${modality} are a video's own; 0 where it has none.`,
    });
  for (const [modality, tower] of Object.entries(model.towers)) {
    const { input } = tower.config;
    const rows =
      "size" in input
        ? graph.input({
            ...{ name: modality, dtype: "float32", shape: ["batch", `${modality}_time`, input.size] },
            description: "A row of features for each step of time, padded at the end.",
          })
        : graph.input({
            ...{ name: modality, dtype: "int64", shape: ["batch", `${modality}_time`] },
            description: "Token ids with [CLS] and [SEP], padded with 0.",
          });
    const guide = features.get(model.config.modalities[modality]?.guidedBy ?? "");
    const length = lengthOf(modality);
    const { pooled, weights } = towerNodes(graph, tower, `towers.${modality}`, { rows, length, guide });
    features.set(modality, pooled);
    if (weights !== undefined) attention.set(modality, weights);
  }
  const joined = graph.apply(
    "Concat",
    model.modalities.map((modality) => features.get(modality) as string),
    { axis: { int: 1 } },
  );
  const logits = linear(graph, model.head, "head", joined);
  const scores = calibration ? calibrated(graph, logits, calibration) : logits;
  const isSoftmax = model.config.head === "softmax" && calibration?.kind !== "platt";
  const probabilities = isSoftmax
    ? graph.apply("Softmax", [scores], { axis: { int: -1 } })
    : graph.apply("Sigmoid", [scores]);
  const shape = ["batch", model.config.numClasses];
  graph.output(probabilities, { name: "scores", dtype: "float32", shape, description: "How likely each label is." });
  graph.output(logits, { name: "logits", dtype: "float32", shape, description: "What the scores are made of." });
  for (const [modality, weights] of attention) {
    graph.output(weights, {
      ...{ name: `${modality}_attention`, dtype: "float32", shape: ["batch", `${modality}_time`] },
      description: `Where in time the model looked at ${modality}: sums to 1 over a video's rows.`,
    });
  }
  return graph;
}

/** What stands before the last sigmoid or softmax. */
function calibrated(graph: OnnxGraph, logits: string, calibration: Calibration): string {
  if (calibration.kind === "temperature") {
    return graph.apply("Div", [logits, graph.number(calibration.temperature)]);
  }
  const { scalings } = calibration;
  const list = (field: "slope" | "intercept"): string =>
    graph.weights(`calibration.${field}`, [scalings.length], () => tf.tensor1d(scalings.map((each) => each[field])));
  return graph.apply("Add", [graph.apply("Mul", [logits, list("slope")]), list("intercept")]);
}
