/** Loads ERNIE from safetensors and encodes a title; prints the seconds since the process began, step by step. */
import * as tf from "@tensorflow/tfjs-core";
import { loadState } from "multimodal-video-tag";
import { ErnieEncoder } from "multimodal-video-tag/models";
import { readTensors } from "./read-tensors.ts";
import { startBackend } from "./start-backend.ts";

const [file = "", config = ""] = process.argv.slice(2);
const imported = performance.now();
await startBackend({ kernels: true });
const started = performance.now();
const encoder = new ErnieEncoder(JSON.parse(config), null);
loadState(encoder, readTensors(file));
const loaded = performance.now();
const ids = tf.tensor2d(
  Array.from({ length: 20 }, (_, index) => index + 1),
  [1, 20],
  "int32",
);
await encoder.forward({ tokenIds: ids, mask: tf.ones([1, 20]) }).data();
const encoded = performance.now();
console.log(JSON.stringify([imported, started - imported, loaded - started, encoded - loaded, encoded - started]));
