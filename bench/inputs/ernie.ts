import { createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { RandomStream, readState } from "multimodal-video-tag";
import { type NumericArray, writeSafetensors } from "multimodal-video-tag/formats";
import { type ErnieConfig, ErnieEncoder, ernieBase } from "multimodal-video-tag/models";
import { useBackend } from "multimodal-video-tag/node";
import { exportEncoder } from "multimodal-video-tag/onnx";
import { cachePath, writeCached } from "./cache.ts";

/** An encoder as every contender can load it. */
export type ErnieFiles = {
  readonly config: ErnieConfig;
  /** safetensors, with the paths of `ErnieEncoder`'s parameters */
  readonly weights: string;
  /** The folder of `onnx/model.onnx` and `config.json`, as Transformers.js wants it. */
  readonly folder: string;
};

/** ERNIE-base with random weights, or a small one; made once and kept in the cache. */
export async function ernieFiles({ small = false } = {}): Promise<ErnieFiles> {
  const config = small ? { ...ernieBase(), vocabularySize: 3000, hiddenSize: 64, layers: 2, heads: 4 } : ernieBase();
  const name = small ? "ernie-small" : "ernie-base";
  const files = { config, weights: cachePath(`${name}.safetensors`), folder: cachePath(name) };
  const model = `${files.folder}/onnx/model.onnx`;
  if (existsSync(files.weights) && existsSync(model)) return files;
  await useBackend("cpu");
  const encoder = new ErnieEncoder(config, new RandomStream(1));
  const tensors = new Map<string, NumericArray>(
    [...(await readState(encoder))].map(([path, { shape, data }]) => [path, { dtype: "float32", shape, data }]),
  );
  writeCached(`${name}.safetensors`, writeSafetensors(tensors));
  mkdirSync(`${files.folder}/onnx`, { recursive: true });
  writeCached(`${name}/config.json`, JSON.stringify({ model_type: "bert", hidden_size: config.hiddenSize }));
  await pipeline(exportEncoder(encoder), createWriteStream(`${model}.part`));
  renameSync(`${model}.part`, model);
  encoder.dispose();
  return files;
}
