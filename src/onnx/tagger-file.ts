import * as tf from "@tensorflow/tfjs-core";
import type { Calibration } from "../tagging/calibration.ts";
import type { VideoTagger } from "../tagging/video-tagger.ts";
import { sequenceBranch, textBranch } from "./branch-nodes.ts";
import { linear } from "./linear-nodes.ts";
import { onnxFile } from "./onnx-file.ts";
import { OnnxGraph } from "./onnx-graph.ts";

/**
 * A tagger as an ONNX model (opset 17), which takes what `VideoTagger.tag` takes when titles are token ids, and gives the
 * same scores, calibration included. For each modality of the model:
 *
 * - `image`, `audio`: float32 [batch, image_time, featureSize], [batch, audio_time, featureSize]; `title`: int64 token ids
 *   [batch, title_time], with [CLS] and [SEP]. Any number of videos and rows, padded at the end with anything finite (0 for
 *   titles).
 * - `image_length`, `audio_length`, `title_length`: int64 [batch], how many rows are a video's own. 0 says that it lacks the
 *   modality, which then adds nothing. A model whose absent modalities are `as-reference` wants the reference's substitutes
 *   instead: ten rows of zeros for a sound, [CLS] and [SEP] for a title.
 *
 * Results: `scores` and `logits` [batch, numClasses]; `image_attention`, `audio_attention` [batch, time]. The file's
 * metadata holds `labels`, `threshold` and `model` as JSON, and for titles `title_max_length` and `vocabulary`.
 *
 * @returns the file's bytes, piece by piece
 * @throws RangeError when the file would have 2 GiB or more
 */
export function exportTagger(tagger: VideoTagger): AsyncGenerator<Uint8Array> {
  const graph = taggerGraph(tagger);
  const { model, labels, threshold } = tagger;
  const { text } = tagger.config;
  const metadata = new Map([
    ["labels", JSON.stringify(labels)],
    ["threshold", JSON.stringify(threshold)],
    ["model", JSON.stringify(model.config)],
  ]);
  if (text) metadata.set("title_max_length", `${text.maxLength}`).set("vocabulary", text.vocabulary);
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
  if (model.text) {
    const title = graph.input({
      ...{ name: "title", dtype: "int64", shape: ["batch", "title_time"] },
      description: "Token ids with [CLS] and [SEP], padded with 0.",
    });
    features.set("text", textBranch(graph, model.text, "text", title, lengthOf("title")));
  }
  const guide = model.config.pooling === "text-guided" ? features.get("text") : undefined;
  for (const modality of ["image", "audio"] as const) {
    const branch = model[modality];
    if (branch === undefined) continue;
    const values = graph.input({
      ...{ name: modality, dtype: "float32", shape: ["batch", `${modality}_time`, branch.lstm.config.inputSize] },
      description: "A row of features for each step of time, padded at the end.",
    });
    const { pooled, weights } = sequenceBranch(graph, branch, modality, values, lengthOf(modality), guide);
    features.set(modality, pooled);
    attention.set(modality, weights);
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
