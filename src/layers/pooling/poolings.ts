import { ATTENTION } from "./attention-pooling.ts";
import { MAX } from "./max-pooling.ts";
import { MEAN } from "./mean-pooling.ts";
import type { PoolingKind } from "./pooling-kind.ts";
import { TEXT_CNN, type TextCnnFields } from "./text-cnn.ts";

/** Every pooling of this library by its kind. One's own are passed in beside them: `{ ...POOLINGS, "mine/median": MEDIAN }`. */
export const POOLINGS: {
  readonly attention: PoolingKind;
  readonly max: PoolingKind;
  readonly mean: PoolingKind;
  readonly "text-cnn": PoolingKind<TextCnnFields>;
} = { attention: ATTENTION, max: MAX, mean: MEAN, "text-cnn": TEXT_CNN };
