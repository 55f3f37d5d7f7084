export { AttentionPooling, type AttentionPoolingConfig, type AttentionPoolingOutput } from "./attention-pooling.ts";
export { Dropout, type DropoutConfig } from "./dropout.ts";
export { Embedding, type EmbeddingConfig } from "./embedding.ts";
export { LayerNorm, type LayerNormConfig } from "./layer-norm.ts";
export { Linear, type LinearConfig } from "./linear.ts";
export { MultiHeadAttention, type MultiHeadAttentionConfig } from "./multi-head-attention.ts";
export {
  BidirectionalLstm,
  type BidirectionalLstmConfig,
  PeepholeLstm,
  type PeepholeLstmConfig,
} from "./peephole-lstm.ts";
export { TextCnn, type TextCnnConfig } from "./text-cnn.ts";
export { TransformerBlock, type TransformerBlockConfig } from "./transformer-block.ts";
