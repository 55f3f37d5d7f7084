import { serve } from "../harness/serve.ts";
import { openSession } from "./onnx-session.ts";
import { padTitles, resultsOf } from "./padded-titles.ts";

await serve(async (task) => {
  const opened = await openSession(task, `${task["folder"]}/onnx/model.onnx`);
  const { Tensor, session, versions } = opened;
  const titles = task["titles"] as number[][];
  const { ids, mask, shape } = padTitles(titles);
  const encode = async (): Promise<Float32Array> => {
    const feeds = { input_ids: new Tensor("int64", ids, shape), attention_mask: new Tensor("int64", mask, shape) };
    const { last_hidden_state: values } = await session.run(feeds);
    return (await values?.getData()) as Float32Array;
  };
  return { versions, results: resultsOf(await encode(), titles, shape), run: encode };
});
