import { readFileSync } from "node:fs";
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { serve } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";
import { tokenizing } from "./texts.ts";

await serve(async (task) => {
  const tokenizer = await ErnieTokenizer.fromVocabulary(readFileSync(String(task["vocabulary"])));
  const options = { maxLength: Number(task["maxLength"]) };
  const encode = (texts: string[]): Int32Array[] => {
    const { ids, width, lengths } = tokenizer.encodeBatch(texts, options);
    return Array.from(lengths, (length, row) => ids.subarray(row * width, row * width + length));
  };
  const prepared = await tokenizing(task, encode, (texts) => tokenizer.encodeBatch(texts, options));
  return { ...prepared, versions: { "ernie-tokenizer-wasm": versionOf("ernie-tokenizer-wasm") } };
});
