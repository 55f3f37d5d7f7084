import { MismatchError } from "../core/errors.ts";
import type { TitleEncoder } from "../tagging/title-encoder.ts";

/** What is used of a tensor of onnxruntime. */
export interface OnnxTensor {
  getData(): Promise<unknown>;
  dispose(): void;
}

/** What is used of the module of `onnxruntime-node` or `onnxruntime-web`. */
export interface OnnxRuntime<Tensor extends OnnxTensor> {
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => Tensor;
}

/** What is used of an `InferenceSession` of onnxruntime. */
export interface OnnxSession<Tensor extends OnnxTensor> {
  run(feeds: Record<"input_ids" | "attention_mask", Tensor>): Promise<{ readonly [output: string]: OnnxTensor }>;
}

/**
 * An ERNIE that runs in onnxruntime, with the model that `exportEncoder` made of the tagger's own:
 *
 *     import * as ort from "onnxruntime-node"; // or onnxruntime-web
 *     const session = await ort.InferenceSession.create("ernie.onnx");
 *     const tagger = await loadTagger("runs/first/best", { titleEncoder: onnxTitleEncoder(session, ort) });
 *
 * Nobody can tell from a session whose weights it has: one that was made of another encoder of the same size gives other
 * tags, and no error. The session remains its maker's, who releases it.
 */
export function onnxTitleEncoder<Tensor extends OnnxTensor>(
  session: OnnxSession<Tensor>,
  { Tensor }: OnnxRuntime<Tensor>,
): TitleEncoder {
  const run = async (titles: readonly Int32Array[]): Promise<Float32Array> => {
    const dims = [titles.length, titles[0]?.length ?? 0];
    const ids = BigInt64Array.from(
      titles.flatMap((title) => [...title]),
      BigInt,
    );
    const feeds = {
      input_ids: new Tensor("int64", ids, dims),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
    };
    const output = (await session.run(feeds))[OUTPUT];
    if (output === undefined) throw new MismatchError(`The session must have an output ${OUTPUT}. Got none.`);
    const values = await output.getData();
    output.dispose();
    if (!(values instanceof Float32Array)) throw new MismatchError(`${OUTPUT} must be float32. Got another type.`);
    return values;
  };
  // A session of onnxruntime-web cannot run twice at once.
  let last: Promise<unknown> = Promise.resolve();
  return {
    encode: (titles) => {
      const result = last.then(() => run(titles));
      last = result.catch(() => {});
      return result;
    },
  };
}

const OUTPUT = "last_hidden_state";
