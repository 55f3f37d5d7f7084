import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import type { MultimodalTaggerConfig } from "../../src/models/tagger-config.ts";
import { hasModality, type VideoFeatures } from "../../src/tagging/tagger-inputs.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { describeOnBackends } from "../support/backends.ts";
import { letterPreprocessing } from "../support/memory-dataset.ts";
import { SMALL_CONFIG, smallConfig, smallTagger } from "../support/small-tagger.ts";
import { expectClose, expectNoLeak, largest, randomizeParameters } from "../support/tensors.ts";

/** Those of SMALL_CONFIG, in its order. */
const MODALITIES = ["image", "audio", "text"];
const LABELS = ["red", "green", "blue", "black", "white"];
const MASKED = smallConfig({ masksAbsent: true });

function create(config: MultimodalTaggerConfig): VideoTagger {
  const model = smallTagger(config);
  randomizeParameters(model.parameters().values(), new RandomStream(4));
  return new VideoTagger({ model, labels: LABELS, texts: { text: letterPreprocessing() } });
}

const ofSize = (size: number): fc.Arbitrary<SequenceRows> =>
  fc.record({ rows: fc.integer({ min: 1, max: 4 }), seed: fc.nat() }).map(({ rows, seed }) => {
    const random = new RandomStream(seed);
    return { rows, size, data: Float32Array.from({ length: rows * size }, () => random.nextNormal()) };
  });
const [IMAGE, AUDIO] = [ofSize(3), ofSize(2)];
const none = (size: number): SequenceRows => ({ rows: 0, size, data: new Float32Array(0) });

/** A video of any subset of the modalities, each absence in one of its forms. */
const anyVideo: fc.Arbitrary<VideoFeatures> = fc.record(
  {
    rows: fc.record(
      {
        image: fc.oneof(IMAGE, fc.constantFrom(undefined, none(3), none(0))),
        audio: fc.oneof(AUDIO, fc.constantFrom(undefined, none(2), none(0))),
      },
      { requiredKeys: [] },
    ),
    texts: fc.record(
      { text: fc.oneof(fc.stringMatching(/^[a-h]{1,6}$/), fc.constantFrom(undefined, "")) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const wholeVideo: fc.Arbitrary<VideoFeatures> = fc.record({
  rows: fc.record({ image: IMAGE, audio: AUDIO }),
  texts: fc.record({ text: fc.stringMatching(/^[a-h]{1,6}$/) }),
});

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

describeOnBackends("A tagger of videos that lack modalities", (backend) => {
  const isSlow = backend === "webgpu"; // in software as a rule
  // WebGPU, in software as a rule, is given a few.
  const numRuns = backend === "webgpu" ? 2 : 15;

  test.each([
    ["masked", MASKED],
    ["as in the reference", SMALL_CONFIG],
  ])("tags each in a batch as alone, and says which it had: %s", async (_, config) => {
    const tagger = create(config);
    const property = fc.asyncProperty(fc.array(anyVideo, { minLength: 1, maxLength: 4 }), async (videos) => {
      const together = await tagger.tag(videos);
      for (const [index, video] of videos.entries()) {
        const got = together[index];
        const [alone] = await tagger.tag([video]);
        expectClose(got?.scores ?? [], alone?.scores ?? [], 1e-6, `video ${index}`);
        const [image, audio] = [video.rows?.["image"]?.rows, video.rows?.["audio"]?.rows];
        const present = [image && "image", audio && "audio", video.texts?.["text"] && "text"];
        expect(got?.present).toEqual(present.filter(Boolean));
        expect([got?.attention["image"]?.length, got?.attention["audio"]?.length]).toEqual([
          image || undefined,
          audio || undefined,
        ]);
      }
    });
    await fc.assert(property, { numRuns });
    tagger.dispose();
  });

  test.skipIf(isSlow)(
    "takes nothing from what is absent, and explains each score by the bias and what was there",
    async () => {
      const tagger = create(MASKED);
      const property = fc.asyncProperty(fc.array(anyVideo, { minLength: 1, maxLength: 4 }), async (videos) => {
        for (const { scores, present, explanation } of await tagger.tag(videos, { explain: true })) {
          const shares = explanation?.contributions ?? {};
          expect(Object.keys(shares)).toEqual([...MODALITIES]);
          const sum = Array.from(
            explanation?.bias ?? [],
            (bias, label) =>
              bias + present.reduce((total, modality) => total + (shares[modality]?.[label] as number), 0),
          );
          expectClose(scores, sum.map(sigmoid), 1e-6, "scores");
          for (const modality of MODALITIES) {
            const size = largest(shares[modality] ?? []);
            if (present.includes(modality)) expect(size, modality).toBeGreaterThan(0);
            else expect(size, modality).toBe(0);
          }
        }
      });
      await fc.assert(property, { numRuns });
      tagger.dispose();
    },
  );

  test.skipIf(isSlow)("answers with the head's bias when there is nothing at all", async () => {
    const tagger = create(MASKED);
    const [whole, nothing] = await tagger.tag([{ texts: { text: "abc" }, rows: { image: none(3) } }, {}]);
    const bias = [...((await tagger.model.head.bias?.data()) ?? [])];
    expectClose(nothing?.scores ?? [], bias.map(sigmoid), 1e-6, "scores");
    expect(nothing?.present).toEqual([]);
    expect(whole?.present).toEqual(["text"]);
    expect(
      largest(whole?.scores.map((score, index) => score - (nothing?.scores[index] as number)) ?? []),
    ).toBeGreaterThan(1e-3);
    await expectNoLeak(() => tagger.tag([{}, {}], { explain: true }));
    const [explained] = await tagger.tag([{}], { explain: true });
    explained?.explanation?.bias.fill(9);
    expect([...((await tagger.model.head.bias?.data()) ?? [])]).toEqual(bias);
    tagger.dispose();
  });

  test.skipIf(isSlow)("masked or not, gives whole videos the same scores bit for bit", async () => {
    const [masked, reference] = [create(MASKED), create(SMALL_CONFIG)];
    const property = fc.asyncProperty(fc.array(wholeVideo, { minLength: 1, maxLength: 3 }), async (videos) => {
      const scores = async (tagger: VideoTagger) => (await tagger.tag(videos)).map((tagged) => tagged.scores);
      expect(await scores(masked)).toEqual(await scores(reference));
    });
    await fc.assert(property, { numRuns });
    masked.dispose();
    reference.dispose();
  });

  test("as in the reference hears silence and reads an empty title, but sees nothing in no frames", async () => {
    const tagger = create(SMALL_CONFIG);
    const silence = { rows: 10, size: 2, data: new Float32Array(20) };
    const [implicit, explicit] = await tagger.tag([{}, { rows: { audio: silence }, texts: { text: "" } }], {
      explain: true,
    });
    expectClose(implicit?.scores ?? [], explicit?.scores ?? [1], 1e-6, "scores");
    expect([implicit?.present, explicit?.present]).toEqual([[], ["audio"]]);
    const sizes = MODALITIES.map((modality) => largest(implicit?.explanation?.contributions[modality] ?? []) > 0);
    expect(sizes).toEqual([false, true, true]);
    tagger.dispose();
  });

  test("explains what stands before a softmax, and explains nothing unless it is asked", async () => {
    const tagger = create({ ...MASKED, head: "softmax" });
    const [video] = fc.sample(wholeVideo, { numRuns: 1, seed: 3 }) as [VideoFeatures];
    const [plain] = await tagger.tag([video]);
    expect(Object.keys(plain ?? {})).toEqual(["tags", "scores", "logits", "present", "attention"]);
    const [tagged] = await tagger.tag([video], { explain: true });
    const { bias = new Float32Array(0), contributions = {} } = tagged?.explanation ?? {};
    const powers = Array.from(bias, (value, label) =>
      Math.exp(MODALITIES.reduce((sum, modality) => sum + (contributions[modality]?.[label] as number), value)),
    );
    const total = powers.reduce((a, b) => a + b, 0);
    expectClose(
      tagged?.scores ?? [],
      powers.map((power) => power / total),
      1e-6,
      "scores",
    );
    tagger.dispose();
  });
});

describe("what counts as a modality that a video has", () => {
  test.each([
    [{}, []],
    [{ texts: { text: "" }, rows: { image: none(3), audio: none(0) } }, []],
    [{ texts: { text: " \t\u3000" }, rows: { image: undefined, audio: undefined } }, []],
    [{ texts: { text: " a " } }, ["text"]],
    [{ rows: { image: { rows: 1, size: 2, data: new Float32Array(2) } } }, ["image"]],
    [{ rows: { audio: { rows: 1, size: 2, data: new Float32Array(2) } }, texts: { text: "a" } }, ["audio", "text"]],
  ])("%j: %j", (video, expected) => {
    expect(MODALITIES.filter((modality) => hasModality(video, modality))).toEqual(expected);
  });
});
