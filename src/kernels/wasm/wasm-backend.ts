import type * as tf from "@tensorflow/tfjs-core";

/** What the kernels need of TensorFlow.js's BackendWasm. Of these, only `wasm.asm` is not among its declared types. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm?: Readonly<Record<string, unknown>>;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  getMemoryOffset(dataId: object): number;
  makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo;
  disposeData(dataId: object, force?: boolean): boolean;
  /** How many tensors have these values. */
  refCount(dataId: object): number;
  incRef(dataId: object): void;
}

/** What assembly/index.ts exports. Addresses are unsigned, and 0 stands for what is not there. */
export interface KernelExports {
  readonly WORK_BYTES: WebAssembly.Global;
  packedBytes(depth: number, columns: number): number;
  packedBlockBytes(depth: number, columns: number): number;
  packMatrix(b: number, transposed: boolean, depth: number, columns: number, out: number): void;
  // biome-ignore format: one group of parameters a line
  multiplyPacked(
    a: number, width: number, aTransposed: boolean, aRows: number, count: number, depth: number,
    packed: number, columns: number,
    out: number, stride: number, outRows: number,
    bias: number, activation: number, accumulates: boolean, work: number,
  ): void;
  // biome-ignore format: one group of parameters a line
  multiply(
    a: number, width: number, aTransposed: boolean, aRows: number, count: number, depth: number,
    b: number, bStride: number, bTransposed: boolean, bRows: number, columns: number,
    out: number, stride: number, outRows: number,
    bias: number, activation: number, accumulates: boolean, panels: number, work: number,
  ): void;
  layerNorm(x: number, scale: number, bias: number, rows: number, size: number, epsilon: number, out: number): void;
  // biome-ignore format: one group of parameters a line
  attention(
    query: number, key: number, value: number, mask: number, batch: number, time: number, heads: number, headSize: number,
    out: number,
    rows: number, scores: number, panels: number, work: number,
  ): void;
  listRows(mask: number, count: number, rows: number): number;
  clearRows(mask: number, count: number, columns: number, out: number): void;
  sumColumns(x: number, columns: number, rows: number, count: number, out: number): void;
  // biome-ignore format: one group of parameters a line
  lstmForward(
    batch: number, time: number, units: number, reverse: boolean,
    mask: number, projected: number, kernel: number, peephole: number, offset: number, stepRows: number,
    hidden: number, hiddenSize: number, hiddenOffset: number,
    hiddenSteps: number, cellSteps: number, candidateSteps: number, inputAndForgetSteps: number, outputSteps: number,
    hiddenBefore: number, cellBefore: number,
    packed: number, sums: number, videos: number, work: number,
  ): void;
  // biome-ignore format: one group of parameters a line
  lstmBackward(
    batch: number, time: number, units: number, reverse: boolean,
    mask: number, kernel: number, peephole: number, offset: number, stepRows: number,
    hiddenSteps: number, cellSteps: number, candidateSteps: number, inputAndForgetSteps: number, outputSteps: number,
    dHidden: number, hiddenSize: number, hiddenOffset: number, dCellSteps: number,
    dProjected: number, dKernel: number, dPeephole: number,
    packed: number, panels: number, dCellLater: number, dHiddenSum: number, rows: number, work: number,
  ): void;
  // biome-ignore format: one group of parameters a line
  rmsPropStep(
    parameter: number, gradient: number, meanSquare: number, mean: number, count: number,
    learningRate: number, decay: number, rate: number, otherRate: number, epsilon: number,
    outParameter: number, outMeanSquare: number, outMean: number,
  ): void;
  // biome-ignore format: one group of parameters a line
  adamWStep(
    parameter: number, gradient: number, mean: number, meanSquare: number, meanOfOnes: number, meanSquareOfOnes: number,
    count: number,
    learningRate: number, kept: number, rate1: number, otherRate1: number, rate2: number, otherRate2: number, epsilon: number,
    outParameter: number, outMean: number, outMeanSquare: number, outMeanOfOnes: number, outMeanSquareOfOnes: number,
  ): void;
  // biome-ignore format: one group of parameters a line
  sgdStep(
    parameter: number, gradient: number, velocity: number, count: number,
    learningRate: number, decay: number, momentum: number, nesterov: boolean,
    outParameter: number, outVelocity: number,
  ): void;
}
