import { expect, test } from "vitest";
import { explainedPrediction } from "../../src/paddle/explained-prediction.ts";
import type { TaggedVideo } from "../../src/tagging/tagged-video.ts";

const LABELS = ["red", "__proto__", "blue"];
const TAGGED: TaggedVideo = {
  tags: [],
  scores: Float32Array.of(0.5, 0.75, 0.25),
  logits: Float32Array.of(4, 10, 12),
  present: ["image", "text"],
  attention: { image: Float32Array.of(0.75, 0.25) },
  explanation: {
    bias: Float32Array.of(1, 2, 3),
    contributions: {
      image: Float32Array.of(4, 5, 6),
      audio: Float32Array.of(0, 0, 0),
      text: Float32Array.of(-1, -2, -3),
    },
  },
};

const VIDEO = { video: "v.mp4", fileName: "a/v.mp4" };

test("stands behind the original's keys, for the labels that it names, with rows while their times are unknown", () => {
  const explained = explainedPrediction(VIDEO, TAGGED, LABELS, 0.5);
  expect(JSON.stringify(explained)).toBe(
    JSON.stringify({
      video_id: "v.mp4",
      labels: [
        ["red", 0.5],
        ["__proto__", 0.75],
      ],
      file_name: "a/v.mp4",
      present: ["image", "text"],
      attention: {
        image: [
          { row: 0, weight: 0.75 },
          { row: 1, weight: 0.25 },
        ],
      },
      contributions: [
        ["red", { bias: 1, image: 4, audio: 0, text: -1 }],
        ["__proto__", { bias: 2, image: 5, audio: 0, text: -2 }],
      ],
    }),
  );
});

test("tells the times of rows where it knows their hop", () => {
  const timing = { image: { hopSeconds: 0.5 }, audio: { hopSeconds: 1 } };
  expect(explainedPrediction(VIDEO, TAGGED, LABELS, 1, timing)).toEqual({
    video_id: "v.mp4",
    labels: [],
    file_name: "a/v.mp4",
    present: ["image", "text"],
    attention: {
      image: [
        { row: 0, start: 0, end: 0.5, weight: 0.75 },
        { row: 1, start: 0.5, end: 1, weight: 0.25 },
      ],
    },
    contributions: [],
  });
});

test("needs a video that was tagged with its explanation", () => {
  const { explanation: _, ...plain } = TAGGED;
  expect(() => explainedPrediction(VIDEO, plain, LABELS, 0.5)).toThrow(
    new TypeError("a/v.mp4 was tagged without an explanation."),
  );
});
