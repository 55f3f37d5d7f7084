export { BatchNorm, type BatchNormConfig } from "./batch-norm.ts";
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
export {
  AttentionPooling,
  type AttentionPoolingConfig,
  type AttentionPoolingOutput,
} from "./pooling/attention-pooling.ts";
export { MaxPooling, type MaxPoolingConfig } from "./pooling/max-pooling.ts";
export { MeanPooling, type MeanPoolingConfig } from "./pooling/mean-pooling.ts";
export type { PoolingKind, PoolingSizes } from "./pooling/pooling-kind.ts";
export { POOLINGS } from "./pooling/poolings.ts";
export { type PooledSequence, TemporalPooling } from "./pooling/temporal-pooling.ts";
export { TextCnn, type TextCnnConfig } from "./pooling/text-cnn.ts";
export { TransformerBlock, type TransformerBlockConfig } from "./transformer-block.ts";
