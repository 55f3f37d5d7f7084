// Kernels that work in the memory of TensorFlow.js's wasm backend. They allocate nothing: all memory comes from the
// caller, and the module has no data of its own that would overwrite the backend's.

export { attention } from "./attention";
export { layerNorm } from "./layer-norm";
export { lstmForward } from "./lstm";
export { lstmBackward } from "./lstm-gradient";
export { adamWStep, rmsPropStep, sgdStep } from "./optimizers";
export { multiply, multiplyPacked, packedBlockBytes, packedBytes, packMatrix, WORK_BYTES } from "./product";
export { clearRows, listRows, sumColumns } from "./rows";
