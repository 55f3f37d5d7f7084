import { existsSync } from "node:fs";
import { useBackend } from "multimodal-video-tag/node";
import { type NumericArray, writeSafetensors } from "../../src/formats/index.ts";
import { RandomStream, readState } from "../../src/index.ts";
import { BidirectionalLstm } from "../../src/layers/index.ts";
import { onnxFile } from "../../src/onnx/onnx-file.ts";
import { OnnxGraph } from "../../src/onnx/onnx-graph.ts";
import { bidirectionalLstm } from "../../src/onnx/tower-nodes.ts";
import { cachePath, writeCached } from "./cache.ts";

export interface LstmSizes {
  readonly inputSize: number;
  readonly units: number;
  readonly batch: number;
  readonly time: number;
}

export type LstmFiles = {
  /** safetensors: the paths of `BidirectionalLstm`'s parameters, and `x` [batch, time, inputSize] */
  readonly file: string;
  /** ONNX, without `x` */
  readonly model: string;
};

/** A bidirectional LSTM and what it reads. Its peepholes are 0, as neither PyTorch nor tf.layers have any. */
export async function lstmFiles({ inputSize, units, batch, time }: LstmSizes): Promise<LstmFiles> {
  const name = `lstm-${inputSize}-${units}-${batch}-${time}`;
  const files = { file: cachePath(`${name}.safetensors`), model: cachePath(`${name}.onnx`) };
  if (Object.values(files).every(existsSync)) return files;
  await useBackend("cpu");
  const random = new RandomStream(1);
  const lstm = new BidirectionalLstm({ inputSize, units }, random);
  const tensors = new Map<string, NumericArray>();
  for (const [path, { shape, data }] of await readState(lstm)) tensors.set(path, { dtype: "float32", shape, data });
  const data = Float32Array.from({ length: batch * time * inputSize }, () => random.nextNormal());
  tensors.set("x", { dtype: "float32", shape: [batch, time, inputSize], data });
  writeCached(`${name}.safetensors`, writeSafetensors(tensors));
  const pieces: Uint8Array[] = [];
  for await (const piece of onnxFile({ graph: lstmGraph(lstm), name: "lstm", metadata: new Map() })) pieces.push(piece);
  writeCached(`${name}.onnx`, Buffer.concat(pieces));
  lstm.dispose();
  return files;
}

/** `x` [batch, time, inputSize] and `length` [batch] to `hidden` [batch, time, 2 * units] */
function lstmGraph(lstm: BidirectionalLstm): OnnxGraph {
  const { inputSize, units } = lstm.config;
  const graph = new OnnxGraph();
  const port = (name: string, size: number) =>
    ({ name, dtype: "float32", shape: ["batch", "time", size], description: name }) as const;
  const x = graph.input(port("x", inputSize));
  const length = graph.input({ name: "length", dtype: "int64", shape: ["batch"], description: "length" });
  graph.output(bidirectionalLstm(graph, lstm, "lstm", x, length), port("hidden", 2 * units));
  return graph;
}
