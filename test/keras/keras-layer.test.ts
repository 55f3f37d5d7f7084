import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { Module, RandomStream, readState } from "../../src/index.ts";
import { asKerasLayer, type KerasAdapter, registerKerasLayers } from "../../src/keras/index.ts";
import { AttentionPooling, BidirectionalLstm, Dropout, Linear } from "../../src/layers/index.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_CONFIG, type smallTagger } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak, randomizeParameters, randomSequence, randomTensor } from "../support/tensors.ts";
import { MODULE_CASES } from "./module-cases.ts";

test("an import alone registers nothing", () => {
  expect("MultimodalVideoTagModule" in tf.serialization.SerializationMap.getMap().classNameMap).toBe(false);
});

/** Input placeholders of the shapes of tensors, the batch and, of sequences, the time left open. */
function placeholders(inputs: readonly tf.Tensor[]): tf.SymbolicTensor[] {
  const isSequence = inputs.length > 1;
  return inputs.map(({ shape }) =>
    tf.input({
      batchShape: shape.map((size, axis) =>
        axis === 0 || (axis === 1 && isSequence && shape.length > 2) ? null : size,
      ),
    }),
  );
}

async function saved(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let kept: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  // What a file would hold: text and bytes.
  return { ...(kept as tf.io.ModelArtifacts), modelTopology: JSON.parse(JSON.stringify(kept?.modelTopology)) };
}

/** Sequences with their masks, a text for each, and targets. */
function guidedData() {
  const random = new RandomStream(41);
  const { values, mask } = randomSequence([3, 1, 4, 2], 3, random);
  return {
    values,
    mask,
    text: randomTensor<tf.Rank.R2>([4, 2], random),
    targets: tf.tensor2d([1, 0, 0, 1, 1, 1, 0, 0], [4, 2]),
  };
}

function guidedModules() {
  const random = new RandomStream(42);
  const lstm = new BidirectionalLstm({ inputSize: 3, units: 2 }, random);
  const pooling = new AttentionPooling({ inputSize: 4, guideSize: 2 }, random);
  const head = new Linear({ inputSize: 4, outputSize: 2 }, random);
  const modules = { lstm, pooling, head };
  for (const module of Object.values(modules)) randomizeParameters(module.parameters().values(), random);
  return modules;
}

function guidedModel({ lstm, pooling, head }: ReturnType<typeof guidedModules>): tf.LayersModel {
  const [values, mask, text] = [tf.input({ shape: [null, 3] }), tf.input({ shape: [null] }), tf.input({ shape: [2] })];
  const states = asKerasLayer(lstm).apply([values, mask]) as tf.SymbolicTensor;
  const pooled = asKerasLayer(pooling).apply([states, mask, text]) as tf.SymbolicTensor;
  const logits = asKerasLayer(head, { name: "head" }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({
    inputs: [values, mask, text],
    outputs: tf.layers.activation({ activation: "sigmoid" }).apply(logits) as tf.SymbolicTensor,
  });
}

describeOnBackends("asKerasLayer", () => {
  describe.each(MODULE_CASES)("$name", ({ create, inputs: makeInputs, forward }) => {
    test("computes what the module computes, has its weights, and is the same when saved and loaded", async () => {
      const module = create();
      randomizeParameters(module.parameters().values(), new RandomStream(33));
      const inputs = makeInputs();
      const layer = asKerasLayer(module);
      const symbolic = placeholders(inputs);
      const output = layer.apply(symbolic) as tf.SymbolicTensor;
      const model = tf.model({ inputs: symbolic, outputs: output });
      const got = model.predict(inputs) as tf.Tensor;
      const expected = forward(module as never, inputs);
      expect([...(await got.data())]).toEqual([...(await expected.data())]);
      expect(output.shape.length).toBe(expected.shape.length);
      for (const [axis, size] of output.shape.entries()) if (size !== null) expect(size).toBe(expected.shape[axis]);

      const sizes = (tensors: Iterable<tf.Tensor>) => [...tensors].map(({ size }) => size).sort();
      expect(sizes(layer.getWeights())).toEqual(sizes(module.parameters().values()));

      const artifacts = await saved(model);
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
      const again = loaded.predict(inputs) as tf.Tensor;
      expect([...(await again.data())]).toEqual([...(await expected.data())]);
      tf.dispose([got, again, expected, inputs]);
      loaded.dispose();
      model.dispose();
    });
  });

  test("model.fit moves the parameters by their gradients", async () => {
    const { values, mask, text, targets } = guidedData();
    const modules = guidedModules();
    const { lstm, pooling, head } = modules;
    const variables = Object.values(modules).flatMap((module) => [...module.parameters().values()]);
    const { grads, value } = tf.variableGrads(() => {
      const states = lstm.forward({ values, mask });
      const logits = head.forward(pooling.forward({ values: states, mask }, text).pooled);
      return tf.losses.meanSquaredError(targets, tf.sigmoid(logits));
    }, variables);
    const expected = await Promise.all(
      variables.map((variable) => tf.sub(variable, tf.mul(grads[variable.name] as tf.Tensor, 0.5)).data()),
    );

    const model = guidedModel(modules);
    model.compile({ optimizer: tf.train.sgd(0.5), loss: "meanSquaredError" });
    const before = await Promise.all(variables.map((variable) => variable.data()));
    const { history } = await model.fit([values, mask, text], targets, {
      epochs: 1,
      batchSize: 4,
      shuffle: false,
      verbose: 0,
    });
    expectClose(history["loss"] as number[], [...(await value.data())], 1e-6, "loss");
    for (const [index, variable] of variables.entries()) {
      expectClose(await variable.data(), expected[index] as Float32Array, 2e-6, `parameter ${index}`);
    }
    // All but the bias of the score, which cancels in the softmax.
    const moved = await Promise.all(
      variables.map(async (variable, index) =>
        (await variable.data()).some((value, at) => value !== before[index]?.[at]),
      ),
    );
    expect(moved.filter((each) => !each).length).toBe(1);
    model.dispose();
    expect(variables.every((variable) => variable.isDisposed)).toBe(true);
  });

  test("a trained model is loaded and trained on", async () => {
    const { values, mask, text, targets } = guidedData();
    const inputs = [values, mask, text];
    const modules = guidedModules();
    const model = guidedModel(modules);
    const options = { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 } as const;
    model.compile({ optimizer: tf.train.sgd(0.5), loss: "binaryCrossentropy" });
    await model.fit(inputs, targets, options);
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
    loaded.compile({ optimizer: tf.train.sgd(0.5), loss: "binaryCrossentropy" });
    await model.fit(inputs, targets, options);
    await loaded.fit(inputs, targets, options);
    const [expected, got] = [model, loaded].map((each) => each.predict(inputs) as tf.Tensor);
    expect([...(await (got as tf.Tensor).data())]).toEqual([...(await (expected as tf.Tensor).data())]);
    expect(loaded.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
  });

  test("in a tf.sequential Keras's mask counts, through all layers; without one every row does", async () => {
    const lstm = new BidirectionalLstm({ inputSize: 3, units: 2 }, new RandomStream(43));
    const pooling = new AttentionPooling({ inputSize: 4 }, new RandomStream(44));
    const values = tf.tidy(() => {
      const { values, mask } = randomSequence([3, 1, 4], 3, new RandomStream(45));
      return tf.mul(values, tf.expandDims(mask, 2)) as tf.Tensor3D;
    });
    const last = [
      asKerasLayer(lstm, { inputShape: [null, 3] }),
      tf.layers.dropout({ rate: 0.5 }),
      asKerasLayer(pooling),
    ];
    const plain = tf.sequential({ layers: last });
    const masked = tf.sequential({ layers: [tf.layers.masking({ maskValue: 0, inputShape: [null, 3] }), ...last] });
    const whole = tf.ones([3, 4]) as tf.Tensor2D;
    const mask = tf.tensor2d([1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1], [3, 4]);
    for (const [model, rows] of [
      [plain, whole],
      [masked, mask],
    ] as const) {
      const got = model.predict(values) as tf.Tensor;
      const expected = pooling.forward({ values: lstm.forward({ values, mask: rows }), mask: rows }).pooled;
      expect([...(await got.data())]).toEqual([...(await expected.data())]);
    }
  });

  test("a frozen encoder stays as it is, and dropout runs in training alone, seed by seed", async () => {
    const { create, inputs: makeInputs } = MODULE_CASES.at(-1) as (typeof MODULE_CASES)[number];
    const inputs = makeInputs();
    const trained = async (seed: number) => {
      const tagger = create() as ReturnType<typeof smallTagger>;
      const symbolic = placeholders(inputs);
      const layer = asKerasLayer(tagger, { seed });
      const model = tf.model({ inputs: symbolic, outputs: layer.apply(symbolic) as tf.SymbolicTensor });
      expect(layer.trainableWeights.length).toBe(tagger.trainableParameters().size);
      expect(layer.nonTrainableWeights.length).toBe(tagger.parameters().size - tagger.trainableParameters().size);
      const before = await readState(tagger);
      model.compile({ optimizer: tf.train.sgd(1), loss: "binaryCrossentropy" });
      await model.fit(inputs, tf.ones([2, SMALL_CONFIG.numClasses]), {
        epochs: 2,
        batchSize: 2,
        shuffle: false,
        verbose: 0,
      });
      const after = await readState(tagger);
      for (const path of after.keys()) {
        if (path.startsWith("towers.text.encoder.")) expect(after.get(path), path).toEqual(before.get(path));
      }
      expect(after.get("head.kernel")).not.toEqual(before.get("head.kernel"));
      return [...(after.get("head.kernel")?.data ?? [])];
    };
    const first = await trained(1);
    expect(await trained(1)).toEqual(first);
    expect(await trained(2)).not.toEqual(first);
  });

  test("leaves no tensor behind: predict, fit, failed call", async () => {
    const { values, mask, text, targets } = guidedData();
    const model = guidedModel(guidedModules());
    model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError" });
    await expectNoLeak(() => (model.predict([values, mask, text]) as tf.Tensor).dispose());
    await expectNoLeak(async () => {
      await model.fit([values, mask, text], targets, { epochs: 1, verbose: 0 });
    });
    const wrong = tf.zeros([4, 7]);
    await expectNoLeak(() =>
      expect(() => model.predict([values, wrong, text])).toThrow("must have shape [4, 4]. Got [4, 7]."),
    );
    expect([values, mask, text].some(({ isDisposed }) => isDisposed)).toBe(false);
  });
}, ["cpu", "wasm"]);

describe("asKerasLayer refuses", () => {
  class Doubling extends Module {
    readonly config: { readonly factor: number };

    constructor(config: { readonly factor: number }) {
      super();
      this.config = config;
    }
  }
  const adapter: KerasAdapter<Doubling> = {
    name: "Doubling",
    module: Doubling,
    pools: false,
    create: (config) => new Doubling(config),
    inputs: () => ({ sequences: 0, tensors: 1 }),
    outputShape: (_, shape) => shape,
    forward: ({ config }, { tensors }) => tf.mul(tensors[0] as tf.Tensor, config.factor),
  };

  test("a class that it does not know, until its adapter is given", async () => {
    expect(() => asKerasLayer(new Doubling({ factor: 2 }))).toThrow(
      "asKerasLayer: Doubling is not a class of this library and needs an adapter.",
    );
    const model = tf.sequential({ layers: [asKerasLayer(new Doubling({ factor: 3 }), { inputShape: [2] }, adapter)] });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(await saved(model)));
    expect([...(await (loaded.predict(tf.tensor2d([[1, 2]])) as tf.Tensor).data())]).toEqual([3, 6]);
  });

  test("a name that another class has", () => {
    expect(() => registerKerasLayers({ ...adapter, name: "Linear" })).toThrow(
      "registerKerasLayers: another class is registered as Linear.",
    );
  });

  test("a saved module that nobody registered", async () => {
    const model = tf.sequential({ layers: [asKerasLayer(new Dropout({ rate: 0.1 }), { inputShape: [2] })] });
    const artifacts = await saved(model);
    const topology = JSON.stringify(artifacts.modelTopology).replace("Dropout", "Stranger");
    const loading = tf.loadLayersModel(tf.io.fromMemory({ ...artifacts, modelTopology: JSON.parse(topology) }));
    await expect(loading).rejects.toThrow("A saved model has a Stranger, which is not registered");
  });

  test("another number of inputs", () => {
    const layer = asKerasLayer(new AttentionPooling({ inputSize: 3 }, new RandomStream(1)));
    const { values, mask } = randomSequence([2], 3, new RandomStream(1));
    expect(() => layer.apply([values, mask, mask])).toThrow(
      "AttentionPooling: a layer of it takes [values, mask]. Got 3 inputs.",
    );
  });
});
