import type { InitialValues } from "../src/index.ts";
import {
  type ErnieConfig,
  type ModalityConfig,
  MultimodalTagger,
  type MultimodalTaggerConfig,
  multimodalVideoTagOf,
  type PoolingConfig,
} from "../src/models/index.ts";
import { AUDIO_SIZE, IMAGE_SIZE, LABELS } from "../src/planted/planted-world.ts";
import type { Row, Setting } from "./plan.ts";
import { ABLATION_POOLINGS } from "./poolings.ts";

/** The model of a row. Titles reach it encoded. */
export function makeModel(row: Row, setting: Setting, encoder: ErnieConfig, random: InitialValues): MultimodalTagger {
  return new MultimodalTagger(configOf(row, setting, encoder), random, { poolings: ABLATION_POOLINGS });
}

function configOf(row: Row, setting: Setting, encoder: ErnieConfig): MultimodalTaggerConfig {
  const { dropoutRate, imageUnits, audioUnits, filters, windows } = setting;
  const readsPlainly = row.title !== undefined && row.title !== "text-cnn";
  const config = multimodalVideoTagOf({
    image: row.image && { size: IMAGE_SIZE, units: imageUnits },
    audio: row.audio && { size: AUDIO_SIZE, units: audioUnits },
    text: row.title === "text-cnn" ? { encoder, training: "frozen", filters, windows } : undefined,
    isTextGuided: row.pooling !== "self",
    numClasses: LABELS.length,
    head: "sigmoid",
    dropoutRate,
  });
  const modalities = Object.entries(config.modalities).map(([name, modality]): [string, ModalityConfig] => {
    const isBlind = row.pooling === "blind-guide" && modality.guidedBy !== undefined;
    return [name, isBlind ? { ...modality, pooling: { kind: "ablation/blind" } } : modality];
  });
  if (readsPlainly) {
    const poolings: Readonly<Record<"cls" | "mean" | "mean-fc", PoolingConfig>> = {
      cls: { kind: "ablation/first" },
      mean: { kind: "mean" },
      "mean-fc": { kind: "ablation/dense-mean", size: filters * windows.length },
    };
    const pooling = poolings[row.title as keyof typeof poolings];
    modalities.push(["text", { input: { size: encoder.hiddenSize }, pooling }]);
  }
  return { ...config, modalities: Object.fromEntries(modalities) };
}
