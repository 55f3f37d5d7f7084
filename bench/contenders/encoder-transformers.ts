import { basename, dirname } from "node:path";
import { serve } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";
import { padTitles, resultsOf } from "./padded-titles.ts";

await serve(async (task) => {
  const { AutoModel, Tensor, env } = await import("@huggingface/transformers");
  const folder = String(task["folder"]);
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const session_options = { intraOpNumThreads: Number(task["threads"]), interOpNumThreads: 1 };
  const options = { local_files_only: true, dtype: "fp32", device: "cpu", session_options } as const;
  const model = await AutoModel.from_pretrained(basename(folder), options);
  const titles = task["titles"] as number[][];
  const { ids, mask, shape } = padTitles(titles);
  const encode = async (): Promise<Float32Array> => {
    const { last_hidden_state: values } = await model({
      input_ids: new Tensor("int64", ids, shape),
      attention_mask: new Tensor("int64", mask, shape),
    });
    return values.data;
  };
  const versions = { "@huggingface/transformers": versionOf("@huggingface/transformers") };
  return { versions, results: resultsOf(await encode(), titles, shape), run: encode };
});
