import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { type EncoderTraining, TextBranch } from "../../src/models/text-branch.ts";
import { computeGradients } from "../../src/training/gradients.ts";
import { describeOnBackends } from "../support/backends.ts";
import { SMALL_CONFIG } from "../support/small-tagger.ts";
import { expectClose } from "../support/tensors.ts";

function create(encoderTraining: EncoderTraining): TextBranch {
  const encoder = { ...SMALL_CONFIG.text.encoder, hiddenDropout: 0.5 };
  const config = { ...SMALL_CONFIG.text, encoder, encoderTraining, dropout: { rate: 0 } };
  return new TextBranch(config, new RandomStream(1));
}

const tokens = () => ({
  tokenIds: tf.tensor2d([[1, 5, 2]], [1, 3], "int32"),
  mask: tf.ones([1, 3]) as tf.Tensor2D,
});

describeOnBackends("TextBranch", () => {
  test("keeps nothing of a frozen encoder for a gradient", () => {
    const kept = (encoderTraining: EncoderTraining): number => {
      const branch = create(encoderTraining);
      const input = tokens();
      let tensors = 0;
      const { loss, gradients } = computeGradients(() => {
        const before = tf.memory().numTensors;
        const encoded = branch.encode(input);
        tensors = tf.memory().numTensors - before;
        return tf.sum(branch.forward({ values: encoded, mask: input.mask })) as tf.Scalar;
      }, branch.cnn.parameters());
      tf.dispose([loss, input, ...gradients.values()]);
      branch.dispose();
      return tensors;
    };
    expect(kept("frozen")).toBe(1); // the encoding itself
    expect(kept("frozen-with-dropout")).toBe(1);
    expect(kept("fine-tuned")).toBeGreaterThan(20);
  });

  test("drops values inside the encoder in training, unless it is frozen", async () => {
    const differs = async (encoderTraining: EncoderTraining): Promise<boolean> => {
      const branch = create(encoderTraining);
      const encode = async (training: boolean) => [
        ...(await branch.encode(tokens(), training ? { training, random: new RandomStream(2) } : {}).data()),
      ];
      const [inference, training] = [await encode(false), await encode(true)];
      return inference.some((value, index) => value !== training[index]);
    };
    expect(await differs("frozen")).toBe(false);
    expect(await differs("frozen-with-dropout")).toBe(true);
    expect(await differs("fine-tuned")).toBe(true);
  });

  test("takes an encoding for the token ids that it was made of", async () => {
    const branch = create("frozen");
    const input = tokens();
    const encoded = { values: branch.encode(input), mask: input.mask };
    expectClose(await branch.forward(encoded).data(), await branch.forward(input).data(), 0, "feature");
  });
});
