import { expect } from "vitest";
import { type GoldenTraining, WEIGHT_DECAY } from "./golden-computation.ts";
import { type Arrays, array, type GoldenModel } from "./golden-model.ts";
import { expectClose, largest } from "./tensors.ts";

/** The reference's name of the one parameter that it does not decay, with ERNIE's 2 layers. */
const AUDIO_FORWARD_BIAS = { self: "fc_15.b_0", "text-guided": "fc_14.b_0" } as const;

/** Its names for the scores' biases in self-attention, likewise. */
const SELF_ATTENTION_BIASES = ["fc_14.b_0", "fc_17.b_0"];

const OUTPUT = "out.";

/**
 * Compares every tensor of the golden forward pass, as a whole.
 *
 * @param passedOver padding of titles, of which the golden file has the values too, was left out by our kernels
 */
export function expectGoldenForward(golden: GoldenModel, results: Arrays, { passedOver = false } = {}): void {
  const expected = [...golden.forward].filter(([name]) => name.startsWith(OUTPUT));
  expect(expected.length).toBeGreaterThanOrEqual(15);
  for (const [output, { shape, data }] of expected) {
    const name = output.slice(OUTPUT.length);
    const got = array(results, name);
    expect(got.shape, `${name}: shape`).toEqual([...shape]);
    const scale = name === "loss" ? golden.case.loss_forward : 1;
    if (name === "ernie_sequence") {
      const inside = (values: ArrayLike<number>) => (passedOver ? tokensOnly(golden, values) : values);
      expectClose(inside(got.data), inside(data), 1e-4, name);
    } else expectClose(got.data, data, 1e-5, name, scale);
  }
  expectClose(array(results, "loss").data, [golden.case.loss_forward], 1e-5, "loss", golden.case.loss_forward);
}

/** The values [batch, time, size] of titles with zeros at the padding; the input is [batch, 5, time, 1], the mask last. */
function tokensOnly(golden: GoldenModel, values: ArrayLike<number>): number[] {
  const { shape, data } = array(golden.forward, "in.text");
  const [batch, parts, time] = shape as [number, number, number];
  const size = values.length / (batch * time);
  return Array.from(values, (value, index) => {
    const token = Math.floor(index / size);
    const row = Math.floor(token / time) * parts + parts - 1;
    return data[row * time + (token % time)] === 1 ? value : 0;
  });
}

/** Compares the loss of every step, every gradient of the first one, and every parameter after the last one. */
export function expectGoldenTraining(
  golden: GoldenModel,
  { losses, learningRates, gradients, trained }: GoldenTraining,
): void {
  expectClose(learningRates, golden.case.learning_rates, 1e-12, "learning rates");
  expect(losses.length).toBe(golden.case.train_losses.length);
  for (const [step, loss] of golden.case.train_losses.entries()) {
    expectClose([losses[step] as number], [loss], 1e-5, `loss of step ${step}`, loss);
  }
  const isGuided = golden.config.modalities["image"]?.guidedBy !== undefined;
  if (golden.gradients) {
    expect([...gradients.keys()].sort()).toEqual([...golden.gradients.keys()].sort());
    for (const [parameter, { data }] of golden.gradients) {
      // The reference adds the decay to the gradient in place, so the golden ones hold it too.
      const decay = parameter === AUDIO_FORWARD_BIAS[isGuided ? "text-guided" : "self"] ? 0 : WEIGHT_DECAY;
      const values = array(golden.initial, parameter).data;
      const decayed = array(gradients, parameter).data.map(
        (gradient, index) => gradient + decay * (values[index] ?? 0),
      );
      // The bias of a key or of an attention score cancels in the softmax: its true gradient is 0, and what a golden
      // file holds beside the decay is rounding, up to 1.5e-4 of it. There the kernel's gradient gives the scale.
      const isScore = isGuided ? /softmax_fc\.b/.test(parameter) : SELF_ATTENTION_BIASES.includes(parameter);
      const cancels = isScore || /_key_fc\.b/.test(parameter);
      const scaling = cancels ? array(golden.gradients, parameter.replace(".b_", ".w_")).data : data;
      expectClose(decayed, data, 1e-4, `gradient of ${parameter}`, largest(scaling));
    }
  }
  for (const [parameter, { data }] of golden.initial) {
    const changed = golden.trained.get(parameter);
    expect(changed === undefined, parameter).toBe(golden.case.unchanged_parameters.includes(parameter));
    expectClose(array(trained, parameter).data, (changed ?? { data }).data, changed ? 1e-4 : 0, parameter);
  }
}
