import { readFileSync } from "node:fs";
import { serve } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";
import { tokenizing } from "./texts.ts";

await serve(async (task) => {
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const file = String(task["tokenizer"]);
  const tokenizer = new Tokenizer(
    JSON.parse(readFileSync(file, "utf8")),
    JSON.parse(readFileSync(file.replace(".json", "_config.json"), "utf8")),
  );
  const maxLength = Number(task["maxLength"]);
  // It knows neither batches nor a longest text: its users cut the ids themselves.
  const encode = (texts: string[]): number[][] =>
    texts.map((text) => {
      const { ids } = tokenizer.encode(text);
      return ids.length > maxLength ? [...ids.slice(0, maxLength - 1), ids.at(-1) as number] : ids;
    });
  const versions = { "@huggingface/tokenizers": versionOf("@huggingface/tokenizers") };
  return { ...(await tokenizing(task, encode)), versions };
});
