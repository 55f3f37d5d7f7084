import { expect, test } from "vitest";
import {
  type Field,
  listOf,
  numberIn,
  oneOf,
  optional,
  type Place,
  wholeNumber,
  withDefault,
} from "../../src/formats/fields.ts";
import { FormatError } from "../../src/formats/format-error.ts";
import { parseJson } from "../../src/formats/json.ts";
import { oneKindOf, type PartInput, type PartValue, part, readPart, recordOf } from "../../src/formats/part.ts";

const POOLINGS = {
  mean: { fields: {} },
  cnn: { fields: { filters: wholeNumber(1), windows: withDefault(listOf(wholeNumber(1), { atLeast: 1 }), [2, 3]) } },
};

const NAME = { expected: "a name without a dot", accepts: (name: string) => !name.includes(".") };

const FIELDS = {
  modalities: recordOf(part({ size: wholeNumber(1), pooling: oneKindOf(POOLINGS) }), NAME),
  head: withDefault(oneOf("sigmoid", "softmax"), "sigmoid"),
  rate: optional(numberIn("a number from 0 to 1", (rate) => rate >= 0 && rate <= 1)),
};

/** What a program may write. */
const WRITTEN: PartInput<typeof FIELDS> = {
  modalities: {
    image: { size: 3, pooling: { kind: "cnn", filters: 2 } },
    words: { size: 1, pooling: { kind: "mean" } },
  },
};

const inCall: Place = { path: "", complain: (path, problem) => new TypeError(`Tagger: ${path}: ${problem}`) };
const inFile: Place = { path: "", complain: (path, problem) => new FormatError("tagger.json", path, problem) };

test("defaults are filled in, in the parts too", () => {
  const value: PartValue<typeof FIELDS> = readPart(FIELDS, WRITTEN, inCall);
  expect(value).toEqual({
    modalities: {
      image: { size: 3, pooling: { kind: "cnn", filters: 2, windows: [2, 3] } },
      words: { size: 1, pooling: { kind: "mean" } },
    },
    head: "sigmoid",
    rate: undefined,
  });
});

test("what was filled in, written as JSON and read, is the same", () => {
  const value = readPart(FIELDS, { ...WRITTEN, rate: 0.5, head: "softmax" }, inCall);
  expect(readPart(FIELDS, parseJson(JSON.stringify(value), "tagger.json"), inFile)).toEqual(value);
});

const image = { size: 3, pooling: { kind: "mean" } };

test.each<readonly [string, unknown, string]>([
  ["a missing key", {}, "Tagger: : expected the key modalities. Got none."],
  ["an unknown key", { modalities: {}, haed: "sigmoid" }, 'Tagger: : the key "haed" is not known. Did you mean head?'],
  [
    "an unknown key that is like no other",
    { modalities: { image: { ...image, colour: 1 } } },
    'Tagger: modalities.image: the key "colour" is not known. Known keys are size, pooling.',
  ],
  ["no object", [], "Tagger: : expected an object. Got a list."],
  [
    "a wrong value within",
    { modalities: { image: { ...image, size: 0 } } },
    "Tagger: modalities.image.size: expected a whole number of at least 1. Got 0.",
  ],
  [
    "a wrong item of a list",
    { modalities: { image: { size: 3, pooling: { kind: "cnn", filters: 1, windows: [] } } } },
    "Tagger: modalities.image.pooling.windows: expected a list of 1 or more values, each a whole number of at least 1. Got [].",
  ],
  [
    "an unknown kind",
    { modalities: { image: { size: 3, pooling: { kind: "maen" } } } },
    'Tagger: modalities.image.pooling.kind: expected one of "mean", "cnn". Got the text "maen". Did you mean mean?',
  ],
  [
    "a kind that every object has",
    { modalities: { image: { size: 3, pooling: { kind: "constructor" } } } },
    'Tagger: modalities.image.pooling.kind: expected one of "mean", "cnn". Got the text "constructor".',
  ],
  [
    "a key of another kind",
    { modalities: { image: { size: 3, pooling: { kind: "mean", filters: 2 } } } },
    'Tagger: modalities.image.pooling: the key "filters" is not known.',
  ],
  [
    "a name that may not be",
    { modalities: { "a.b": image } },
    'Tagger: modalities: expected a name without a dot as a name. Got "a.b".',
  ],
  [
    "a name that is not an own key",
    parseJson('{"modalities":{"__proto__":{"size":1,"pooling":{"kind":"mean"}}},"x":1}', "f"),
    'Tagger: : the key "x" is not known.',
  ],
])("%s is a sentence with its place", (_, value, message) => {
  expect(() => readPart(FIELDS, value, inCall)).toThrow(message);
});

test("in a file the place is the file's", () => {
  const field: Field<unknown> = FIELDS.rate;
  expect(() => readPart({ rate: field }, new Map([["rate", 2]]), inFile)).toThrow(
    new FormatError("tagger.json", "rate", "expected a number from 0 to 1. Got 2."),
  );
});
