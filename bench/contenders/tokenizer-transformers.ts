import { dirname } from "node:path";
import { serve } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";
import { tokenizing } from "./texts.ts";

await serve(async (task) => {
  const { AutoTokenizer, env } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  env.localModelPath = "";
  const tokenizer = await AutoTokenizer.from_pretrained(dirname(String(task["tokenizer"])), { local_files_only: true });
  const options = { truncation: true, max_length: Number(task["maxLength"]), return_tensor: false } as const;
  const encode = (texts: string[]): number[][] => tokenizer(texts, options).input_ids as unknown as number[][];
  const versions = { "@huggingface/transformers": versionOf("@huggingface/transformers") };
  return { ...(await tokenizing(task, encode)), versions };
});
