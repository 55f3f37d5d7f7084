import { describe, expect, test } from "vitest";
import { readErnieConfiguration } from "../../src/formats/index.ts";
import { goldenBytes, messageOf } from "./golden.ts";

const file = "ernie_config.json";
const published = {
  attention_probs_dropout_prob: 0.1,
  hidden_act: "relu",
  hidden_dropout_prob: 0.1,
  hidden_size: 768,
  initializer_range: 0.02,
  max_position_embeddings: 513,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  type_vocab_size: 2,
  vocab_size: 18_000,
};
const read = (changes: object) => readErnieConfiguration(JSON.stringify({ ...published, ...changes }), { file });

describe("readErnieConfiguration", () => {
  test("ERNIE 1.0", () => {
    expect(read({})).toEqual({
      vocabularySize: 18_000,
      hiddenSize: 768,
      layers: 12,
      heads: 12,
      maxPositions: 513,
      sentenceTypes: 2,
      taskTypes: 0,
      activation: "relu",
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
      initializerRange: 0.02,
    });
  });

  test("the golden one with tasks", () => {
    const bytes = goldenBytes("models/text-guide-softmax-finetune/ernie/ernie_config.json");
    expect(readErnieConfiguration(bytes, { file })).toEqual({
      vocabularySize: 60,
      hiddenSize: 24,
      layers: 2,
      heads: 4,
      maxPositions: 40,
      sentenceTypes: 4,
      taskTypes: 3,
      activation: "relu",
      hiddenDropout: 0,
      attentionDropout: 0,
      initializerRange: 0.02,
    });
  });

  test("sizes of tasks count only with use_task_id; unknown keys do not count", () => {
    expect(read({ task_type_vocab_size: 3 }).taskTypes).toBe(0);
    expect(read({ task_type_vocab_size: 3, use_task_id: false }).taskTypes).toBe(0);
    expect(read({ task_type_vocab_size: 3, use_task_id: true }).taskTypes).toBe(3);
    expect(read({ type_vocab_size: undefined, sent_type_vocab_size: 5 }).sentenceTypes).toBe(5);
    expect(read({ hidden_act: "gelu", use_fp16: [], __proto__: null }).activation).toBe("gelu");
  });

  test.each([
    [{ vocab_size: undefined }, ": expected the key vocab_size. Got none."],
    [{ vocab_size: "18000" }, ': vocab_size must be a whole number of at least 1. Got the text "18000".'],
    [{ num_hidden_layers: 0 }, ": num_hidden_layers must be a whole number of at least 1. Got 0."],
    [{ num_hidden_layers: null }, ": num_hidden_layers must be a whole number of at least 1. Got no value."],
    [{ hidden_act: "tanh" }, ': hidden_act must be "relu" or "gelu". Got the text "tanh".'],
    [{ hidden_dropout_prob: 2 }, ": hidden_dropout_prob must be a number from 0 to 1, without 1. Got 2."],
    [{ initializer_range: -1 }, ": initializer_range must be a number of at least 0. Got -1."],
    [{ use_task_id: 1 }, ": use_task_id must be true or false. Got 1."],
    [{ use_task_id: true }, ": expected the key task_type_vocab_size, as use_task_id is true. Got none."],
    [{ type_vocab_size: undefined }, ": expected the key type_vocab_size. Got none."],
    [{ num_attention_heads: 7 }, ": expected a hidden_size that the 7 heads divide. Got 768."],
  ])("%j", (changes, expected) => {
    expect(messageOf(() => read(changes))).toBe(`ernie_config.json${expected}`);
  });

  test("text that is no object", () => {
    expect(messageOf(() => readErnieConfiguration("[]", { file }))).toBe(
      "ernie_config.json: expected an object. Got a list.",
    );
    expect(messageOf(() => readErnieConfiguration('{\n "a": }', { file }))).toBe(
      'ernie_config.json, line 2, column 7: expected a JSON value. Got "}".',
    );
  });
});
