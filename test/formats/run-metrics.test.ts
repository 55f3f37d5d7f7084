import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../src/formats/format-error.ts";
import { bestEpoch, readRunMetrics } from "../../src/formats/run-metrics.ts";

const epoch = (number: number, more: object = {}) => ({
  epoch: number,
  learningRate: 0.001,
  loss: 6.5,
  valid: { loss: 5.25, videos: 20, hitAtK: { "1": 0.25, "5": 0.75 }, meanAveragePrecision: 0.5 },
  isBest: number === 1,
  ...more,
});
const lines = (...epochs: readonly object[]) => epochs.map((each) => `${JSON.stringify(each)}\n`).join("");
const read = (text: string | Uint8Array) => readRunMetrics(text, { file: "metrics.jsonl" });

test("epochs are read line by line, further keys passed over", () => {
  expect(read(lines(epoch(1), epoch(2, { seconds: 3, valid: { ...epoch(2).valid, gap: 0.5 } })))).toEqual([
    epoch(1),
    epoch(2),
  ]);
  expect(read("")).toEqual([]);
});

test("the best epoch is the last that was better than all before", () => {
  const epochs = read(lines(epoch(1), epoch(3, { isBest: true }), epoch(4)));
  expect(bestEpoch(epochs)?.epoch).toBe(3);
  expect(bestEpoch([])).toBeUndefined();
});

test("a line that is still being written does not count", () => {
  const whole = lines(epoch(1), epoch(2));
  const second = lines(epoch(1)).length;
  for (let length = second; length < whole.length; length++) expect(read(whole.slice(0, length))).toEqual([epoch(1)]);
});

test.each([
  ["{", "metrics.jsonl, line 2: expected JSON. Got other text."],
  ["[1]", "metrics.jsonl, line 2: expected an object. Got a list."],
  [JSON.stringify(epoch(1)), "metrics.jsonl, line 2: expected an epoch later than 1. Got 1."],
  [JSON.stringify({ ...epoch(2), loss: "low" }), 'metrics.jsonl, line 2: loss must be a number. Got the text "low".'],
  [JSON.stringify({ ...epoch(2), valid: 1 }), "metrics.jsonl, line 2: valid must be an object. Got 1."],
  [
    JSON.stringify(epoch(2, { valid: { loss: 1, videos: 2 } })),
    "metrics.jsonl, line 2, valid: expected the key hitAtK. Got none.",
  ],
  [
    JSON.stringify(epoch(2, { valid: { loss: 1, videos: 2, hitAtK: {} } })),
    "metrics.jsonl, line 2, valid: expected the key meanAveragePrecision. Got none.",
  ],
  [
    JSON.stringify(epoch(2, { valid: { loss: 1, videos: 2, hitAtK: { one: 0.5 } } })),
    "metrics.jsonl, line 2, valid: hitAtK must be an object of numbers from 0 to 1 by whole numbers. Got a dict.",
  ],
  [
    JSON.stringify(epoch(2, { valid: { loss: 1, videos: 2, hitAtK: { "1": 1.5 } } })),
    "metrics.jsonl, line 2, valid: hitAtK must be an object of numbers from 0 to 1 by whole numbers. Got a dict.",
  ],
])("a line that is no epoch is a sentence: %s", (line, sentence) => {
  expect(() => read(`${lines(epoch(1))}${line}\n`)).toThrow(sentence);
});

test("any bytes give epochs or a FormatError", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  });
  fc.assert(property, { numRuns: 500 });
});
