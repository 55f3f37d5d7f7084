/**
 * What must not compile. Nothing here runs: `npm run typecheck` fails where a line under `@ts-expect-error` is accepted.
 */
import { RandomStream } from "../../src/index.ts";
import { AttentionPooling, Linear, TextCnn } from "../../src/layers/index.ts";
import { HitAtK } from "../../src/metrics/index.ts";
import {
  type EncoderTraining,
  ernieBase,
  type Modality,
  type MultimodalTagger,
  type MultimodalTaggerConfig,
  type TaggerInput,
} from "../../src/models/index.ts";

const random = new RandomStream(1);

/** Shared by the right and the wrong configurations below. */
const rest = { numClasses: 3, head: "sigmoid", dropoutRate: 0.5, dropoutScaling: "training" } as const;
const image = { featureSize: 4, units: 2 };
const text = { encoder: ernieBase(), encoderTraining: "frozen", filters: 8, windows: [2, 3] } as const;

export function modes(): void {
  new AttentionPooling({ inputSize: 4 }, random);
  new AttentionPooling({ inputSize: 4, guideSize: 2 }, random);
  // @ts-expect-error the width of a row is missing
  new AttentionPooling({ guideSize: 2 }, random);
  // @ts-expect-error the width of the guide has another name
  new AttentionPooling({ inputSize: 4, textSize: 2 }, random);
  // @ts-expect-error initial values come from a stream, or from null for zeros: never from nowhere
  new AttentionPooling({ inputSize: 4 });
  // @ts-expect-error there is no such activation
  new Linear({ inputSize: 2, outputSize: 2, activation: "swish" }, random);
  // @ts-expect-error the windows are missing
  new TextCnn({ inputSize: 4, filters: 8 }, random);
}

export const self: MultimodalTaggerConfig = { ...rest, image, pooling: "self" };
export const guided: MultimodalTaggerConfig = { ...rest, image, text, pooling: "text-guided" };
// @ts-expect-error text-guided attention needs a text
export const unguided: MultimodalTaggerConfig = { ...rest, image, pooling: "text-guided" };
// @ts-expect-error the modality of the frames is called image
export const misnamed: MultimodalTaggerConfig = { ...rest, video: image, pooling: "self" };
// @ts-expect-error there is no such head
export const headless: MultimodalTaggerConfig = { ...rest, image, pooling: "self", head: "tanh" };
// @ts-expect-error there is no such treatment of an encoder
export const thawed: EncoderTraining = "thawed";

// @ts-expect-error there is no such modality
export const modality: Modality = "video";

export function inputs(tagger: MultimodalTagger, input: TaggerInput): void {
  tagger.forward(input, { training: true, random });
  // @ts-expect-error dropout needs a stream to draw from
  tagger.forward(input, { training: true });
  // @ts-expect-error a sequence does not go without its mask
  tagger.forward({ image: { values: input.image?.values } });
  // @ts-expect-error there is no such modality
  tagger.forward({ video: input.image });
  // @ts-expect-error a config is not changed once a model stands
  tagger.config.numClasses = 4;
  // @ts-expect-error several k come as a list
  new HitAtK(5);
}
