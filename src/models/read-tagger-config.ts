import {
  dropoutRate,
  type Field,
  flag,
  numberIn,
  oneOf,
  optional,
  type Place,
  wholeNumber,
  withDefault,
} from "../formats/fields.ts";
import { quote } from "../formats/format-error.ts";
import { nearestName } from "../formats/nearest-name.ts";
import { type FieldsOf, oneKindOf, oneShapeOf, part, readPart, recordOf, wordOrPart } from "../formats/part.ts";
import type { DropoutConfig } from "../layers/dropout.ts";
import { POOLINGS } from "../layers/pooling/poolings.ts";
import { ernieFields } from "./ernie-encoder.ts";
import {
  evaluationOrder,
  isText,
  type ModalityConfig,
  type ModalityInput,
  type MultimodalTaggerConfig,
  type PoolingConfig,
  type Poolings,
  type RecurrenceConfig,
  type TokenEmbeddingConfig,
} from "./tagger-config.ts";

/**
 * Reads a tagger's configuration, from a program's object or from parsed JSON: keys with a default may be left out.
 *
 * @param place where it stands, and what to throw
 * @param poolings the kinds that a pooling may have
 * @returns the configuration with each default
 * @throws what `place.complain` makes, for the first key that is missing, unknown or has a wrong value, and for modalities
 *   that guide one another in a circle
 */
export function readTaggerConfig(value: unknown, place: Place, poolings: Poolings = POOLINGS): MultimodalTaggerConfig {
  const config = readPart(taggerFields(poolings), value, place) as MultimodalTaggerConfig;
  const complain = (key: string, problem: string) =>
    place.complain(place.path === "" ? key : `${place.path}.${key}`, problem);
  const { modalities } = config;
  const names = Object.keys(modalities);
  if (names.length === 0) throw complain("modalities", "expected at least one modality. Got none.");
  for (const [name, modality] of Object.entries(modalities)) {
    const fail = (key: string, problem: string) => complain(`modalities.${name}.${key}`, problem);
    const { input, guidedBy, pooling, whenAbsent } = modality;
    if (guidedBy !== undefined && !names.includes(guidedBy)) {
      const nearest = nearestName(guidedBy, names);
      const advice = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
      throw fail("guidedBy", `expected the name of another modality. Got ${quote(guidedBy)}.${advice}`);
    }
    if (guidedBy !== undefined && !poolings[pooling.kind]?.takesGuide) {
      throw fail("guidedBy", `expected no guide, as the pooling ${pooling.kind} takes none. Got ${quote(guidedBy)}.`);
    }
    if (typeof whenAbsent === "object" && isText(modality)) {
      throw fail("whenAbsent", "expected zeroRows for features alone. Got it for a text.");
    }
    if (whenAbsent === "empty-text" && !isText(modality)) {
      throw fail("whenAbsent", 'expected "empty-text" for a text alone. Got it for features.');
    }
    if ("encoder" in input && input.encoder.hiddenSize % input.encoder.heads !== 0) {
      const { hiddenSize, heads } = input.encoder;
      throw fail("input.encoder.hiddenSize", `expected a multiple of the ${heads} heads. Got ${hiddenSize}.`);
    }
  }
  const ordered = evaluationOrder(modalities);
  if ("circle" in ordered) {
    const circle = ordered.circle.join(", which is guided by ");
    throw complain("modalities", `expected guides without a circle. Got ${circle}.`);
  }
  return config;
}

/** What a tagger's configuration is made of. */
function taggerFields(poolings: Poolings): FieldsOf<MultimodalTaggerConfig> {
  return {
    modalities: recordOf(part(modalityFields(poolings)) as Field<ModalityConfig, unknown>, {
      expected: "letters, digits, - and _, with a letter first,",
      accepts: isModalityName,
    }),
    numClasses: wholeNumber(1),
    head: oneOf("sigmoid", "softmax"),
    dropout: part<FieldsOf<DropoutConfig>>({
      rate: dropoutRate(),
      scaling: withDefault(oneOf("training", "inference"), "training"),
    }) as Field<DropoutConfig, unknown>,
  };
}

function modalityFields(poolings: Poolings): FieldsOf<ModalityConfig> {
  const zeroRows = part({ zeroRows: wholeNumber(1) });
  return {
    input: oneShapeOf<ModalityInput>({
      size: { size: wholeNumber(1) },
      tokens: { tokens: part(tokenFields()) },
      encoder: { encoder: part(ernieFields()), training: oneOf("fine-tuned", "frozen", "frozen-with-dropout") },
    }),
    recurrence: optional(part(recurrenceFields())) as Field<RecurrenceConfig | undefined, unknown>,
    pooling: oneKindOf(poolings) as Field<unknown> as Field<PoolingConfig, unknown>,
    guidedBy: optional(modalityName()),
    whenAbsent: withDefault(wordOrPart(oneOf("masked", "left-out", "empty-text"), zeroRows), "masked"),
  };
}

function tokenFields(): FieldsOf<TokenEmbeddingConfig> {
  return {
    vocabularySize: wholeNumber(1),
    size: wholeNumber(1),
    initializerRange: withDefault(
      numberIn("a number of at least 0", (range) => range >= 0),
      0.02,
    ),
  };
}

function recurrenceFields(): FieldsOf<RecurrenceConfig> {
  const hasBias = flag("true or false");
  return {
    units: wholeNumber(1),
    inputBias: withDefault(part({ forward: hasBias, backward: hasBias }), { forward: false, backward: false }),
  };
}

function modalityName(): Field<string> {
  return {
    expected: "the name of another modality",
    check: (value) => (typeof value === "string" && value !== "" ? value : undefined),
  };
}

/** Names stand in paths, in files and in plain objects; a share of a logit is called `bias`. */
function isModalityName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) && name !== "bias" && !(name in {});
}
