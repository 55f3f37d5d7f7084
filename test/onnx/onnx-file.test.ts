import { expect, test } from "vitest";
import { onnxFile } from "../../src/onnx/onnx-file.ts";
import { OnnxGraph } from "../../src/onnx/onnx-graph.ts";

test("A file that protocol buffers cannot hold is refused before anything is read", async () => {
  const graph = new OnnxGraph();
  graph.weights("half", [2 ** 29 - 100], () => {
    throw new Error("These weights were asked for.");
  });
  await expect(onnxFile({ graph, name: "large", metadata: new Map() }).next()).resolves.toMatchObject({ done: false });
  graph.integers(...new Array(100).fill(0));
  await expect(onnxFile({ graph, name: "large", metadata: new Map() }).next()).rejects.toThrow(
    /^An ONNX file must be smaller than 2 GiB\. This model's weights take 21474\d{5} bytes\.$/,
  );
});
