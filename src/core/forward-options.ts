import type { MomentCollector } from "./moments.ts";
import type { RandomStream } from "./random-stream.ts";

/** How a forward pass runs: as in prediction (the default), or as in training, with a stream for dropout to draw from. */
export type ForwardOptions = { readonly training?: false } | TrainingOptions;

export interface TrainingOptions {
  readonly training: true;
  readonly random: RandomStream;
  /** Where modules that keep running statistics say what they have seen. Default: nowhere, and they stay as they are. */
  readonly moments?: MomentCollector;
}
