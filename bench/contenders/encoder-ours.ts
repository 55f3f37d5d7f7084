import type * as tf from "@tensorflow/tfjs-core";
import { dispose } from "@tensorflow/tfjs-core";
import { loadState, type SequenceBatch } from "multimodal-video-tag";
import { type ErnieConfig, type ErnieEncoder, MultimodalTagger } from "multimodal-video-tag/models";
import { TaggerInputs } from "multimodal-video-tag/tagging";
import { serve } from "../harness/serve.ts";
import { readTensors } from "./read-tensors.ts";
import { startBackend } from "./start-backend.ts";

let model: MultimodalTagger | undefined;

await serve(async (task) => {
  const versions = await startBackend(task);
  const titles = (task["titles"] as number[][]).map((ids) => Int32Array.from(ids));
  const encoder = task["config"] as ErnieConfig;
  if (model === undefined) {
    const text = { input: { encoder, training: "frozen" }, pooling: { kind: "mean" } } as const;
    const config = { modalities: { text }, numClasses: 1, head: "sigmoid", dropout: { rate: 0 } } as const;
    model = new MultimodalTagger(config, null);
    loadState(model.tower("text").encoder as ErnieEncoder, readTensors(String(task["weights"])));
  }
  const tagger = model;
  /** As the library runs a frozen encoder: unpadded. A new one knows no title yet. */
  const encode = async (): Promise<SequenceBatch> => {
    let next = 0;
    const tokenizer = { idLimit: encoder.vocabularySize, encode: () => titles[next++] as Int32Array };
    const inputs = new TaggerInputs(tagger, { text: { tokenizer, vocabulary: "", maxLength: 50 } });
    const { input } = await inputs.prepare(
      titles.map(() => ({ texts: { text: "title" } })),
      { training: false },
    );
    return input.sequences["text"] as SequenceBatch;
  };
  const first = await encode();
  const results = await firstAndLast(first.values, titles);
  dispose(first);
  return {
    versions,
    results,
    run: async () => {
      const encoded = await encode();
      await encoded.values.data();
      dispose(encoded);
    },
  };
});

/** Some values of the first title's first token and of the last title's last. */
async function firstAndLast(values: tf.Tensor3D, titles: readonly Int32Array[]): Promise<number[]> {
  const data = await values.data();
  const [batch, time, size] = values.shape;
  const last = ((batch - 1) * time + (titles.at(-1) as Int32Array).length - 1) * size;
  return [...data.slice(0, 8), ...data.slice(last, last + 8)];
}
