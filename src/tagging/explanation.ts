import * as tf from "@tensorflow/tfjs-core";
import type { MultimodalTagger, TaggerOutput } from "../models/multimodal-tagger.ts";

/** Why a video's labels got their scores: what each modality added to each logit. */
export interface Explanation {
  /** `[numClasses]`: the logits of a video of which nothing is known */
  readonly bias: Float32Array;
  /**
   * [numClasses] for each modality of the model. With the bias they sum to the logits. For one that the video lacks:
   * zeros where it is masked then, else what stands for it adds.
   */
  readonly contributions: { readonly [modality: string]: Float32Array };
}

/**
 * Takes the logits of each video apart, as `MultimodalTagger.contributions` says.
 *
 * @param features what a forward pass returned for a batch
 * @returns an explanation a video
 */
export async function explainLogits(
  model: MultimodalTagger,
  features: TaggerOutput["features"],
): Promise<Explanation[]> {
  const contributions = model.contributions(features);
  try {
    const bias = (await model.head.bias?.data()) as Float32Array;
    const values = new Map<string, Float32Array>();
    for (const modality of model.modalities) {
      values.set(modality, (await contributions[modality]?.data()) as Float32Array);
    }
    const videos = features[model.modalities[0] as string]?.shape[0] as number;
    return Array.from({ length: videos }, (_, video) => {
      const own = [...values].map(([modality, all]) => [
        modality,
        all.slice(video * bias.length, (video + 1) * bias.length),
      ]);
      // On some backends data() is the parameter's own memory.
      return { bias: bias.slice(), contributions: Object.fromEntries(own) };
    });
  } finally {
    tf.dispose(contributions);
  }
}
