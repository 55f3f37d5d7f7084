import type { RandomStream } from "./random-stream.ts";

/** How a forward pass runs: as in prediction (the default), or as in training, with a stream for dropout to draw from. */
export type ForwardOptions = { readonly training?: false } | { readonly training: true; readonly random: RandomStream };
