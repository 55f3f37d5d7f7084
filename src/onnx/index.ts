export { exportEncoder } from "./encoder-file.ts";
export { type OnnxRuntime, type OnnxSession, type OnnxTensor, onnxTitleEncoder } from "./onnx-title-encoder.ts";
export { exportTagger } from "./tagger-file.ts";
