import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { readState } from "../../src/core/state.ts";
import { FormatError } from "../../src/formats/format-error.ts";
import type { NumericArray } from "../../src/formats/numeric-array.ts";
import { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { useBackend } from "../../src/node/backend.ts";
import { readCombined, writeCombined } from "../../src/paddle/combined-parameters.ts";
import { writeLodTensor } from "../../src/paddle/lod-tensor.ts";
import { erniePaddleTable, stateToPaddle, taggerPaddleTable } from "../../src/paddle/parameter-names.ts";
import {
  loadErnieFolder,
  loadPaddleCheckpoint,
  resolveCheckpoint,
  saveErnieFolder,
  savePaddleCheckpoint,
} from "../../src/project/paddle-checkpoint.ts";
import { type Arrays, array, readGoldenModel } from "../support/golden-models.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { encoderOf } from "../support/small-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectNoLeak } from "../support/tensors.ts";

const golden = readGoldenModel("text-guide-sigmoid-frozen");
const { config } = golden;
const PARAM = goldenPath("models/text-guide-sigmoid-frozen/checkpoint/param");
const ERNIE = goldenPath("models/text-guide-sigmoid-frozen/ernie");
const encoderConfig = encoderOf(config);
const MODEL =
  "image 10 -> 2 x 5 -> attention by text; audio 6 -> 2 x 3 -> attention by text; text ERNIE 2 x 24 -> text-cnn; 7 classes, sigmoid";

beforeAll(() => useBackend("cpu"));

/** Every value of a new tagger that loads a checkpoint, by the reference's names. */
async function load(checkpoint: Exclude<Awaited<ReturnType<typeof resolveCheckpoint>>, { kind: "tagger" }>) {
  const tagger = new MultimodalTagger(config, null);
  try {
    await loadPaddleCheckpoint(tagger, checkpoint);
    return stateToPaddle(await readState(tagger), taggerPaddleTable(tagger));
  } finally {
    tagger.dispose();
  }
}

function expectSameValues(got: Arrays, expected: Arrays): void {
  expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, { shape, data }] of expected) {
    expect(array(got, name).shape, name).toEqual([...shape]);
    expect(array(got, name).data, name).toEqual(data);
  }
}

function goldenTensors(): NumericArray[] {
  return readCombined(readFileSync(PARAM), { file: PARAM });
}

/** A param file of other tensors than the golden one's, which must fail. */
async function messageOf(tensors: readonly NumericArray[]): Promise<string> {
  const file = join(temporaryFolder(), "param");
  writeFileSync(file, writeCombined(tensors));
  const error = await load({ kind: "combined", file }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).message.replace(file, "param");
}

/** A folder with a file for each parameter. */
function variablesFolder(values: Arrays): string {
  const folder = temporaryFolder();
  for (const [name, { shape, data }] of values) {
    writeFileSync(join(folder, name), writeLodTensor({ dtype: "float32", shape, data }));
  }
  return folder;
}

describe("the original's param file", () => {
  test("gives every parameter its value", async () => {
    expectSameValues(await load({ kind: "combined", file: PARAM }), golden.initial);
  });

  test("is saved as it was, byte for byte", async () => {
    const tagger = new MultimodalTagger(config, null);
    await loadPaddleCheckpoint(tagger, { kind: "combined", file: PARAM });
    const file = join(temporaryFolder(), "param");
    await savePaddleCheckpoint(tagger, file);
    expect(readFileSync(file).equals(readFileSync(PARAM))).toBe(true);
    tagger.dispose();
  });

  test("of a model with other sizes is refused with the first parameter that does not fit", async () => {
    const tensors = goldenTensors();
    const index = tensors.findIndex(({ shape }) => shape.join() === "10,20");
    const { dtype, data } = tensors[index] as NumericArray;
    tensors[index] = { dtype, shape: [20, 10], data };
    expect(await messageOf(tensors)).toBe(
      `param, tensor 32: expected the 67 parameters of this model: ${MODEL}. The first that does not fit is fc_12.w_0: ` +
        "expected [10, 20]. Got [20, 10], of 67 tensors.",
    );
  });

  test("with too few tensors, or too many, is refused with their number", async () => {
    const tensors = goldenTensors();
    expect(await messageOf(tensors.slice(0, -1))).toBe(
      `param, tensor 66: expected the 67 parameters of this model: ${MODEL}. The first that does not fit is ` +
        "word_embedding: expected [60, 24]. Got none, of 66 tensors.",
    );
    const extra: NumericArray = { dtype: "float32", shape: [2, 3], data: new Float32Array(6) };
    expect(await messageOf([...tensors, extra, extra])).toBe(
      `param, tensor 67: expected the 67 parameters of this model: ${MODEL}. Got 69; the first too many is [2, 3].`,
    );
  });

  test("with a value that is not finite is refused with its parameter", async () => {
    const tensors = goldenTensors();
    const { shape, dtype, data } = tensors[66] as NumericArray;
    const damaged = Float32Array.from(data as Float32Array);
    damaged[5] = Number.NaN;
    tensors[66] = { dtype, shape, data: damaged } as NumericArray;
    expect(await messageOf(tensors)).toBe("param, word_embedding: expected finite values. Got NaN as value 5.");
  });

  test("leaves no tensor behind, and a model as it was, when it does not fit", async () => {
    const tagger = new MultimodalTagger({ ...config, numClasses: 3 }, new RandomStream(1));
    const before = await readState(tagger);
    await expectNoLeak(() =>
      expect(loadPaddleCheckpoint(tagger, { kind: "combined", file: PARAM })).rejects.toThrow("fc_16"),
    );
    expect(await readState(tagger)).toEqual(before);
    tagger.dispose();
  });
});

describe("a folder with a file for each parameter", () => {
  test("gives a whole model its values", async () => {
    const folder = variablesFolder(golden.initial);
    expect(await resolveCheckpoint(folder)).toEqual({ kind: "variables", folder });
    expectSameValues(await load({ kind: "variables", folder }), golden.initial);
  });

  test("gives an encoder its values, and passes over what else is there", async () => {
    const encoder = new ErnieEncoder(encoderConfig, null);
    await loadErnieFolder(encoder, ERNIE);
    const values = stateToPaddle(await readState(encoder), erniePaddleTable(encoder));
    const expected = new Map([...golden.initial].filter(([name]) => values.has(name)));
    expectSameValues(values, expected);
    encoder.dispose();
  });

  test("is saved as it was, byte for byte", async () => {
    const encoder = new ErnieEncoder(encoderConfig, null);
    await loadErnieFolder(encoder, ERNIE);
    const folder = join(temporaryFolder(), "new", "ernie");
    await saveErnieFolder(encoder, folder);
    const names = readdirSync(ERNIE).filter((name) => name !== "ernie_config.json");
    expect(readdirSync(folder).sort()).toEqual(names.sort());
    for (const name of names) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(ERNIE, name))), name).toBe(true);
    }
    encoder.dispose();
  });

  test("that lacks one, or has one of another shape, is refused with it and the model", async () => {
    const head = { shape: [39, 11], data: new Float32Array(39 * 11) };
    const other = variablesFolder(new Map([...golden.initial, ["fc_16.w_0", head]]));
    await expect(load({ kind: "variables", folder: other })).rejects.toThrow(
      new FormatError(
        join(other, "fc_16.w_0"),
        undefined,
        `expected the 67 parameters of this model: ${MODEL}. The first that does not fit is fc_16.w_0: ` +
          "expected [784, 7]. Got [39, 11].",
      ),
    );
    const encoder = new ErnieEncoder({ ...encoderConfig, layers: 3 }, null);
    await expect(loadErnieFolder(encoder, ERNIE)).rejects.toThrow(
      new FormatError(
        ERNIE,
        undefined,
        "expected the 53 parameters of this model: ERNIE 3 x 24. The first that does not fit is " +
          "encoder_layer_2_multi_head_att_query_fc.w_0: expected [24, 24]. Got no file of this name.",
      ),
    );
    encoder.dispose();
  });
});

describe("resolveCheckpoint", () => {
  test("finds out what a path leads to", async () => {
    const folder = temporaryFolder();
    expect(await resolveCheckpoint(PARAM)).toEqual({ kind: "combined", file: PARAM });
    expect(await resolveCheckpoint(folder)).toEqual({ kind: "variables", folder });
    writeFileSync(join(folder, "params"), "");
    expect(await resolveCheckpoint(folder)).toEqual({ kind: "combined", file: join(folder, "params") });
    writeFileSync(join(folder, "param"), "");
    expect(await resolveCheckpoint(folder)).toEqual({ kind: "combined", file: join(folder, "param") });
    writeFileSync(join(folder, "tagger.json"), "");
    expect(await resolveCheckpoint(folder)).toEqual({ kind: "tagger", folder });
    await expect(resolveCheckpoint(join(folder, "missing"))).rejects.toThrow("there is no such file or folder.");
  });

  test("a folder in place of a param file is said to be one", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "param"));
    const checkpoint = await resolveCheckpoint(folder);
    expect(checkpoint.kind).toBe("combined");
    await expect(load(checkpoint as { kind: "combined"; file: string })).rejects.toThrow(
      "expected a file. Got a folder.",
    );
  });
});
