import { serve } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";
import { tokenizing } from "./texts.ts";

await serve(async (task) => {
  const { Tokenizer } = await import("tokenizers");
  const tokenizer = Tokenizer.fromFile(String(task["tokenizer"]));
  const encode = async (texts: string[]): Promise<number[][]> =>
    (await tokenizer.encodeBatch(texts)).map((encoding) => encoding.getIds());
  return { ...(await tokenizing(task, encode)), versions: { "tokenizers (npm)": versionOf("tokenizers") } };
});
