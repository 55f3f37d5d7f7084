import * as tf from "@tensorflow/tfjs-core";
import { guardBackend } from "./wasm-guard.ts";

/** Tensors by name. Under a name there may be a list of any length, or undefined where an input is optional. */
export type KernelInputs = Readonly<Record<string, tf.Tensor | readonly tf.Tensor[] | undefined>>;

/** The attributes of a kernel that has none. */
export type NoAttributes = Record<string, never>;

type Gradient = () => tf.Tensor;

/** What computes the gradient of each input; for a list, that of each entry. */
type InputGradients<Inputs extends KernelInputs> = {
  readonly [Name in keyof Inputs]: Inputs[Name] extends readonly tf.Tensor[] ? readonly Gradient[] : Gradient;
};

/** The gradient of each output. Those of outputs after the first may be missing, which stands for zeros. */
type OutputGradients<Outputs extends tf.Tensor[]> = Outputs extends [infer First, ...infer Others]
  ? [First, ...Partial<Others>]
  : tf.Tensor[];

/**
 * An operation with a gradient of its own, composed of TensorFlow.js operations: it runs on every backend and stands
 * on the tape as one node. A backend may have a faster kernel under the same name (`registerFasterKernel`).
 *
 * The engine knows the inputs as a list; here alone the named ones are put into that list and taken out of it.
 *
 * A gradient is a function per input. Only those of inputs that lead to a wanted variable are called, so the gradient
 * of a feature or of a mask costs nothing. (`tf.customGrad` computes them all.)
 */
export interface ComposedKernel<
  Inputs extends KernelInputs,
  Outputs extends tf.Tensor[],
  Attributes extends tf.NamedAttrMap = NoAttributes,
  Saved extends tf.Tensor[] = tf.Tensor[],
> {
  /** Unique among all kernels of the process. */
  readonly name: string;
  forward(inputs: Inputs, attributes: Attributes): Outputs;
  /** For each output whether the gradient needs it. */
  readonly savedOutputs?: boolean[];
  /** Left out where none is needed: within another kernel's gradient. */
  gradient?(
    dys: OutputGradients<Outputs>,
    inputs: Inputs,
    saved: Saved,
    attributes: Attributes,
  ): InputGradients<Inputs>;
}

/** Runs a composed kernel on the current backend. The caller owns the outputs. */
export function runComposedKernel<
  Inputs extends KernelInputs,
  Outputs extends tf.Tensor[],
  Attributes extends tf.NamedAttrMap,
>(kernel: ComposedKernel<Inputs, Outputs, Attributes>, inputs: NoInfer<Inputs>, attributes: Attributes): Outputs {
  guardBackend(); // Starts the backend if it has not run yet; only then is its name known.
  register(kernel, tf.getBackend());
  // The engine takes inputs by name or, for kernels with any number of them, as an array; its types know the first only.
  const packed = pack(inputs, inputs) as unknown as tf.NamedTensorMap;
  const call: Call = { inputs, attributes };
  return tf.engine().runKernel<Outputs>(kernel.name, packed, call as unknown as tf.NamedAttrMap);
}

/**
 * Runs a composed kernel with its first output alone on the tape: of others that nobody uses, the tape would make
 * gradients of zeros outside the backend. The gradients of all inputs are computed.
 *
 * @returns the first output, owned by the caller
 */
export function runForFirstOutput<
  Inputs extends KernelInputs,
  Outputs extends tf.Tensor[],
  Attributes extends tf.NamedAttrMap,
>(kernel: ComposedKernel<Inputs, Outputs, Attributes>, inputs: NoInfer<Inputs>, attributes: Attributes): Outputs[0] {
  const packed = pack(inputs, inputs);
  const run = tf.customGrad((...given) => {
    const save = given.at(-1) as unknown as tf.GradSaveFunc;
    const outputs = runComposedKernel(kernel, inputs, attributes);
    save([...packed, ...outputs.filter((_, index) => kernel.savedOutputs?.[index])]);
    return {
      value: outputs[0] as Outputs[0],
      gradFunc: (dy, saved) => gradientsOf(kernel, [dy], saved, { inputs, attributes }).map((gradient) => gradient()),
    };
  });
  return run(...packed);
}

/** The work of a kernel for one backend. */
export interface FasterKernel<Inputs extends KernelInputs, Attributes extends tf.NamedAttrMap> {
  /** Whether this backend, as it was built and started, lets it work. */
  worksOn(backend: unknown): boolean;
  /** @returns the outputs, or undefined where it cannot do this: the composed kernel does it then */
  run(inputs: Inputs, attributes: Attributes, backend: unknown): tf.TensorInfo[] | undefined;
}

const fasterKernels = new Map<string, (backend: unknown) => boolean>();

/** From now on this backend runs a kernel in this way. What runs it, and its gradient, are not touched. */
export function registerFasterKernel<
  Inputs extends KernelInputs,
  Outputs extends tf.Tensor[],
  Attributes extends tf.NamedAttrMap,
>(
  kernel: ComposedKernel<Inputs, Outputs, Attributes>,
  backendName: string,
  faster: FasterKernel<Inputs, Attributes>,
): void {
  removeFasterKernel(kernel, backendName);
  fasterKernels.set(keyOf(kernel, backendName), (backend) => faster.worksOn(backend));
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: ({ attrs, backend }) => {
      const { inputs, attributes } = attrs as unknown as Call;
      const outputs = faster.worksOn(backend)
        ? faster.run(inputs as Inputs, attributes as Attributes, backend)
        : undefined;
      return outputs ?? runForward(kernel, { inputs, attributes });
    },
  });
}

type Named = { readonly name: string };

/** From now on this backend composes a kernel again. */
export function removeFasterKernel(kernel: Named, backendName: string): void {
  fasterKernels.delete(keyOf(kernel, backendName));
  if (tf.getKernel(kernel.name, backendName) !== undefined) tf.unregisterKernel(kernel.name, backendName);
}

/** Whether the current backend has a faster kernel in place of a composed one. */
export function hasFasterKernel(kernel: Named): boolean {
  const backend = guardBackend();
  return fasterKernels.get(keyOf(kernel, tf.getBackend()))?.(backend) ?? false;
}

function keyOf({ name }: Named, backendName: string): string {
  return `${backendName}/${name}`;
}

/** What the engine hands on as a kernel's attributes, for the names of the inputs that it has as a list. */
type Call = { readonly inputs: KernelInputs; readonly attributes: tf.NamedAttrMap };

type AnyKernel = ComposedKernel<KernelInputs, tf.Tensor[], tf.NamedAttrMap>;

function register(kernel: AnyKernel, backendName: string): void {
  const { name, savedOutputs = [], gradient } = kernel;
  if (gradient !== undefined && tf.getGradient(name) === undefined) {
    tf.registerGradient({
      kernelName: name,
      saveAllInputs: true,
      outputsToSave: savedOutputs,
      gradFunc: (dy, saved, attrs) =>
        ({
          ...gradientsOf(kernel, [dy].flat(), saved, attrs as unknown as Call),
        }) as unknown as ReturnType<tf.GradFunc>,
    });
  }
  if (tf.getKernel(name, backendName) === undefined) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ attrs }) => runForward(kernel, attrs as unknown as Call),
    });
  }
}

function runForward(kernel: AnyKernel, { inputs, attributes }: Call): tf.Tensor[] {
  return tf.tidy(() => kernel.forward(inputs, attributes));
}

/** @param saved the packed inputs, then the saved outputs */
function gradientsOf(
  kernel: AnyKernel,
  dys: tf.Tensor[],
  saved: tf.Tensor[],
  { inputs, attributes }: Call,
): Gradient[] {
  let taken = 0;
  const savedInputs = unpack(inputs, () => saved[taken++] as tf.Tensor);
  return pack(inputs, kernel.gradient?.(dys, savedInputs, saved.slice(taken), attributes) ?? {});
}

/** What stands under the names of the inputs that are there, in order. */
function pack<Value>(
  inputs: KernelInputs,
  values: Readonly<Record<string, Value | readonly Value[] | undefined>>,
): Value[] {
  const packed: Value[] = [];
  // Every run of a kernel passes here: flatMap would take four times as long.
  for (const [name, input] of Object.entries(inputs)) {
    const value = values[name];
    if (input === undefined || value === undefined) continue;
    if (Array.isArray(value)) packed.push(...value);
    else packed.push(value as Value);
  }
  return packed;
}

/** Other tensors under the names of the inputs that are there. */
function unpack(inputs: KernelInputs, next: () => tf.Tensor): KernelInputs {
  const named: Record<string, KernelInputs[string]> = {};
  for (const [name, input] of Object.entries(inputs)) {
    named[name] = Array.isArray(input) ? input.map(next) : input && next();
  }
  return named;
}
