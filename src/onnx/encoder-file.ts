import type { ErnieEncoder } from "../models/ernie-encoder.ts";
import { ernie } from "./ernie-nodes.ts";
import { linear } from "./linear-nodes.ts";
import { onnxFile } from "./onnx-file.ts";
import { OnnxGraph } from "./onnx-graph.ts";

/**
 * ERNIE alone as an ONNX model (opset 17), with the names that Hugging Face's exports of such encoders have:
 *
 * - `input_ids`, `attention_mask`: int64 [batch, time]; a mask is 1 for a token and 0 for padding
 * - `last_hidden_state`: [batch, time, hiddenSize], as `ErnieEncoder.forward`; with a pooler also `pooler_output`:
 *   [batch, hiddenSize], as `ErnieEncoder.pool`
 *
 * The sentence's and the task's number are 0, and positions are 0, 1, 2, ...
 *
 * @returns the file's bytes, piece by piece
 * @throws RangeError when the file would have 2 GiB or more
 */
export function exportEncoder(encoder: ErnieEncoder): AsyncGenerator<Uint8Array> {
  const { hiddenSize } = encoder.config;
  const graph = new OnnxGraph();
  const shape = ["batch", "time"];
  const ids = graph.input({
    ...{ name: "input_ids", dtype: "int64", shape },
    description: "Token ids with [CLS] and [SEP], padded with anything below the vocabulary's size.",
  });
  const mask = graph.input({
    ...{ name: "attention_mask", dtype: "int64", shape },
    description: "1 for a token, 0 for padding.",
  });
  const values = ernie(graph, encoder, "", ids, graph.cast(mask, "float32"));
  graph.output(values, {
    ...{ name: "last_hidden_state", dtype: "float32", shape: [...shape, hiddenSize] },
    description: "A vector for each token; without meaning at the padding.",
  });
  if (encoder.pooler) {
    const first = graph.apply("Gather", [values, graph.integer(0)], { axis: { int: 1 } });
    graph.output(linear(graph, encoder.pooler, "pooler", first), {
      ...{ name: "pooler_output", dtype: "float32", shape: ["batch", hiddenSize] },
      description: "One vector a text, made of its first token's.",
    });
  }
  return onnxFile({ graph, name: "encoder", metadata: new Map([["model", JSON.stringify(encoder.config)]]) });
}
