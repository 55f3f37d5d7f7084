import { serve } from "../harness/serve.ts";
import { openSession } from "./onnx-session.ts";
import { readLstm } from "./read-tensors.ts";

await serve(async (task) => {
  if (task["training"]) return "it does not train.";
  const { Tensor, session, versions } = await openSession(task, String(task["model"]));
  const { x } = readLstm(String(task["file"]));
  const [batch, time] = x.shape;
  const forward = async (): Promise<Float32Array> => {
    const { hidden } = await session.run({
      x: new Tensor("float32", x.data, x.shape),
      length: new Tensor("int64", new BigInt64Array(batch).fill(BigInt(time)), [batch]),
    });
    return (await hidden?.getData()) as Float32Array;
  };
  return { versions, results: Array.from((await forward()).slice(-16)), run: forward };
});
