import { loadState, type ParameterValues, readState } from "../../src/core/state.ts";
import { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { stateFromPaddle, stateToPaddle, taggerPaddleTable } from "../../src/paddle/parameter-names.ts";
import { GOLDEN_MODELS, readGoldenModel } from "../support/golden-models.ts";
import { smallConfig, smallTagger } from "../support/small-tagger.ts";
import "@tensorflow/tfjs";
import { expect, test } from "vitest";

test.each(GOLDEN_MODELS)(
  "the table of %s has the names and shapes of the reference, and loses nothing",
  async (name) => {
    const { config, initial } = readGoldenModel(name);
    const tagger = new MultimodalTagger(config, null);
    const table = taggerPaddleTable(tagger);
    const shapes = (entries: Iterable<readonly [string, { readonly shape: readonly number[] }]>) =>
      Object.fromEntries([...entries].map(([key, { shape }]) => [key, [...shape]]));
    expect(shapes(table.map((entry) => [entry.name, entry]))).toEqual(shapes(initial));
    loadState(tagger, stateFromPaddle(initial, table));
    const back = stateToPaddle(await readState(tagger), table);
    for (const [parameter, { data }] of initial) expect(back.get(parameter)?.data, parameter).toEqual(data);
  },
);

test("numbers what a tagger of fewer modalities has in the order in which the reference would build it", () => {
  const names = (isTextGuided: boolean) =>
    Object.fromEntries(
      taggerPaddleTable(smallTagger(smallConfig({ image: undefined, isTextGuided })))
        .filter(({ parts }) => !parts[0]?.path.startsWith("towers.text."))
        .map(({ name, parts }) => [parts.map(({ path }) => path).join("+"), name]),
    );
  const lstms = {
    "towers.audio.recurrence.forwards.input.kernel": "fc_6.w_0",
    "towers.audio.recurrence.forwards.input.bias": "fc_6.b_0",
    "towers.audio.recurrence.forwards.recurrentKernel": "lstm_0.w_0",
    "towers.audio.recurrence.forwards.bias+towers.audio.recurrence.forwards.peephole": "lstm_0.b_0",
    "towers.audio.recurrence.backwards.input.kernel": "fc_7.w_0",
    "towers.audio.recurrence.backwards.recurrentKernel": "lstm_1.w_0",
    "towers.audio.recurrence.backwards.bias+towers.audio.recurrence.backwards.peephole": "lstm_1.b_0",
  };
  expect(names(false)).toEqual({
    ...lstms,
    "towers.audio.pooling.score.kernel": "fc_8.w_0",
    "towers.audio.pooling.score.bias": "fc_8.b_0",
    "head.kernel": "fc_9.w_0",
    "head.bias": "fc_9.b_0",
  });
  expect(names(true)).toEqual({
    ...lstms,
    "towers.audio.pooling.energy.kernel": "seq2seq_attention_tanh_fc.w_0",
    "towers.audio.pooling.energy.bias": "seq2seq_attention_tanh_fc.b_0",
    "towers.audio.pooling.score.kernel": "seq2seq_attention_softmax_fc.w_0",
    "towers.audio.pooling.score.bias": "seq2seq_attention_softmax_fc.b_0",
    "head.kernel": "fc_8.w_0",
    "head.bias": "fc_8.b_0",
  });
});

test("names the first parameter that is missing or has another shape", () => {
  const { config, initial } = readGoldenModel("text-guide-sigmoid-frozen");
  const table = taggerPaddleTable(new MultimodalTagger(config, null));
  const without = new Map<string, ParameterValues>(initial);
  without.delete("lstm_1.b_0");
  expect(() => stateFromPaddle(without, table)).toThrow(
    "Parameter lstm_1.b_0 [1, 35] (ours: towers.image.recurrence.backwards.bias, towers.image.recurrence.backwards.peephole) is missing.",
  );
  const other = new Map(initial).set("fc_12.w_0", { shape: [20, 10], data: new Float32Array(200) });
  expect(() => stateFromPaddle(other, table)).toThrow(
    "Parameter fc_12.w_0 must have shape [10, 20] (ours: towers.image.recurrence.forwards.input.kernel). Got [20, 10].",
  );
});
