import type { LayerNorm } from "../layers/layer-norm.ts";
import type { Linear } from "../layers/linear.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

const ACTIVATIONS = { relu: "Relu", tanh: "Tanh" } as const;

/** x [..., inputSize] -> [..., outputSize] */
export function linear(graph: OnnxGraph, layer: Linear, path: string, x: string): string {
  const { activation = "linear" } = layer.config;
  let y = graph.apply("MatMul", [x, graph.parameter(`${path}.kernel`, layer.kernel)]);
  if (layer.bias) y = graph.apply("Add", [y, graph.parameter(`${path}.bias`, layer.bias)]);
  return activation === "linear" ? y : graph.apply(ACTIVATIONS[activation], [y]);
}

/** x [..., size] -> [..., size] */
export function layerNorm(graph: OnnxGraph, layer: LayerNorm, path: string, x: string): string {
  const scale = graph.parameter(`${path}.scale`, layer.scale);
  const bias = graph.parameter(`${path}.bias`, layer.bias);
  const epsilon = { float: layer.config.epsilon ?? 1e-5 };
  return graph.apply("LayerNormalization", [x, scale, bias], { axis: { int: -1 }, epsilon });
}
