import * as tf from "@tensorflow/tfjs-core";
import { HitAtK } from "../src/metrics/index.ts";
import type { MultimodalTagger } from "../src/models/index.ts";
import type { RowKind } from "../src/planted/planted-world.ts";
import type { Row } from "./plan.ts";
import type { EncodedVideo } from "./planted-data.ts";
import { batchesOf, collate } from "./training.ts";

/** How much of the attention lies on rows of each kind; sums to 1. */
export type AttentionMass = Readonly<Record<RowKind, number>>;

export interface Measurement {
  /** A letter a video: `1` a true label has the highest score, `2` the second highest, `-` neither. */
  readonly hits: string;
  /** Means over the videos that have the modality. */
  readonly attention: { readonly image?: AttentionMass; readonly audio?: AttentionMass };
  /** The same, over those of them that have no title. */
  readonly attentionWithoutTitle: Measurement["attention"];
}

const BATCH = 250;

/** Looks at a trained model's answers, video by video. */
export async function measure(
  model: MultimodalTagger,
  row: Row,
  videos: readonly EncodedVideo[],
): Promise<Measurement> {
  let hits = "";
  const masses = { image: new MeanMass(), audio: new MeanMass() };
  const untitled = { image: new MeanMass(), audio: new MeanMass() };
  for (const batch of batchesOf(videos, BATCH)) {
    const input = collate(batch, row);
    const output = model.forward(input);
    const [scores, labels] = [await output.probabilities.data(), output.probabilities.shape[1]];
    hits += batch
      .map(({ classes }, index) => hitOf(scores.subarray(index * labels, (index + 1) * labels), classes))
      .join("");
    for (const modality of ["image", "audio"] as const) {
      const weights = output.attention[modality];
      if (weights === undefined) continue;
      const [values, time] = [await weights.data(), weights.shape[1]];
      for (const [index, video] of batch.entries()) {
        const kinds = modality === "image" ? video.imageRows : video.audioRows;
        if (kinds.length === 0) continue;
        const mass = attentionMass(values.subarray(index * time, (index + 1) * time), kinds);
        masses[modality].add(mass);
        if (video.title === "") untitled[modality].add(mass);
      }
    }
    tf.dispose([input, output]);
  }
  return { hits, attention: meansOf(masses), attentionWithoutTitle: meansOf(untitled) };
}

/** The weights of a video's rows, summed by what the rows show. */
export function attentionMass(weights: ArrayLike<number>, kinds: readonly RowKind[]): AttentionMass {
  const mass = { label: 0, distractor: 0, noise: 0 };
  for (const [index, kind] of kinds.entries()) mass[kind] += weights[index] as number;
  return mass;
}

function hitOf(scores: ArrayLike<number>, classes: readonly number[]): string {
  const hits = new HitAtK([1, 2]);
  hits.add(scores, classes);
  const result = hits.result();
  if (result.get(1) === 1) return "1";
  return result.get(2) === 1 ? "2" : "-";
}

class MeanMass {
  #count = 0;
  readonly #sum = { label: 0, distractor: 0, noise: 0 };

  add(mass: AttentionMass): void {
    this.#count++;
    for (const kind of ["label", "distractor", "noise"] as const) this.#sum[kind] += mass[kind];
  }

  /** Undefined when nothing was added. */
  get mean(): AttentionMass | undefined {
    if (this.#count === 0) return undefined;
    const { label, distractor, noise } = this.#sum;
    return { label: label / this.#count, distractor: distractor / this.#count, noise: noise / this.#count };
  }
}

function meansOf({ image, audio }: { readonly image: MeanMass; readonly audio: MeanMass }): Measurement["attention"] {
  return { ...(image.mean && { image: image.mean }), ...(audio.mean && { audio: audio.mean }) };
}
