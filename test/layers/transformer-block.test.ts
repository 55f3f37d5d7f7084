import { RandomStream } from "../../src/core/random-stream.ts";
import { MultiHeadAttention } from "../../src/layers/multi-head-attention.ts";
import { TransformerBlock } from "../../src/layers/transformer-block.ts";
import { describeSequenceLayer } from "../support/sequence-layer.ts";

describeSequenceLayer("MultiHeadAttention", {
  create: () => new MultiHeadAttention({ size: 4, heads: 2, dropoutRate: 0.5 }, new RandomStream(51)),
  inputSize: 4,
  forward: (layer, sequence) => layer.forward(sequence),
  failure: {
    run: (layer, { values }, wrong) => layer.forward({ values, mask: wrong }),
    message: "MultiHeadAttention: mask must have shape [3, 4]. Got [3, 7].",
  },
});

for (const activation of ["relu", "gelu"] as const) {
  describeSequenceLayer(`TransformerBlock, ${activation}`, {
    create: () => {
      const config = { size: 4, heads: 2, innerSize: 6, activation, hiddenDropout: 0.1, attentionDropout: 0.1 };
      return new TransformerBlock(config, new RandomStream(52));
    },
    inputSize: 4,
    forward: (layer, sequence) => layer.forward(sequence),
    failure: {
      run: (layer, { values }, wrong) => layer.forward({ values, mask: wrong }),
      message: "MultiHeadAttention: mask must have shape [3, 4]. Got [3, 7].",
    },
  });
}
