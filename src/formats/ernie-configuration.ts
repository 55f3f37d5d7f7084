import { dropoutRate, flag, numberIn, oneOf, optional, readFields, wholeNumber, withDefault } from "./fields.ts";
import { describeValue, FormatError, type ReadOptions } from "./format-error.ts";
import { parseJson } from "./json.ts";
import { expectReadOptions } from "./read-options.ts";
import { readText, type TextSource } from "./text.ts";

/** Sizes of an ERNIE encoder and how it was trained. */
export interface ErnieConfiguration {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly maxPositions: number;
  readonly sentenceTypes: number;
  /** 0: the encoder has no task embedding. */
  readonly taskTypes: number;
  readonly activation: "relu" | "gelu";
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** Standard deviation of the weights before training. */
  readonly initializerRange: number;
}

/**
 * Reads an ernie_config.json, as ERNIE 1.0 and 2.0 have it. Keys that are not needed are passed over.
 *
 * @throws FormatError for text that is no JSON object, a missing key, a value of the wrong type or out of range
 */
export function readErnieConfiguration(source: TextSource, options: ReadOptions): ErnieConfiguration {
  const { file } = expectReadOptions("readErnieConfiguration", options);
  const root = parseJson(readText(source, file), file);
  if (!(root instanceof Map)) throw new FormatError(file, undefined, `expected an object. Got ${describeValue(root)}.`);
  const entries = new Map([...root].map(([key, value]) => [key, { value }]));
  const values = readFields(
    {
      vocab_size: wholeNumber(1),
      hidden_size: wholeNumber(1),
      num_hidden_layers: wholeNumber(1),
      num_attention_heads: wholeNumber(1),
      max_position_embeddings: wholeNumber(1),
      type_vocab_size: optional(wholeNumber(1)),
      sent_type_vocab_size: optional(wholeNumber(1)),
      use_task_id: withDefault(flag("true or false"), false),
      task_type_vocab_size: optional(wholeNumber(1)),
      hidden_act: oneOf("relu", "gelu"),
      hidden_dropout_prob: dropoutRate(),
      attention_probs_dropout_prob: dropoutRate(),
      initializer_range: numberIn("a number of at least 0", (value) => value >= 0),
    },
    entries,
    file,
  );
  const { hidden_size: hiddenSize, num_attention_heads: heads } = values;
  if (hiddenSize % heads !== 0) {
    throw new FormatError(file, undefined, `expected a hidden_size that the ${heads} heads divide. Got ${hiddenSize}.`);
  }
  const sentenceTypes = values.sent_type_vocab_size ?? values.type_vocab_size;
  if (sentenceTypes === undefined) {
    throw new FormatError(file, undefined, "expected the key type_vocab_size. Got none.");
  }
  const taskTypes = values.use_task_id ? values.task_type_vocab_size : 0;
  if (taskTypes === undefined) {
    throw new FormatError(file, undefined, "expected the key task_type_vocab_size, as use_task_id is true. Got none.");
  }
  return {
    vocabularySize: values.vocab_size,
    hiddenSize,
    layers: values.num_hidden_layers,
    heads,
    maxPositions: values.max_position_embeddings,
    sentenceTypes,
    taskTypes,
    activation: values.hidden_act,
    hiddenDropout: values.hidden_dropout_prob,
    attentionDropout: values.attention_probs_dropout_prob,
    initializerRange: values.initializer_range,
  };
}
