import { describeShape } from "../../core/errors.ts";
import { describeFeatureFile, type ModalityDescription } from "../../formats/pickle/feature-file.ts";
import type { Inspection } from "./inspection.ts";

/** What a feature file holds: shapes, types and ranges. */
export function inspectFeatureFile(bytes: Uint8Array, file: string): Inspection {
  const { problems, ...description } = describeFeatureFile(bytes, { file });
  return {
    kind: "feature file",
    json: description,
    lines: [
      `video: ${description.video ?? "none"}`,
      describeModality("image", description.image),
      describeModality("audio", description.audio),
    ],
    problems,
  };
}

function describeModality(name: string, description: ModalityDescription): string {
  const { dtype, shape, minimum, maximum, mean, notANumber, infinite } = description;
  const range = minimum === undefined ? "no finite values" : `${minimum} to ${maximum}, mean ${mean}`;
  const bad = notANumber + infinite > 0 ? `, ${notANumber} NaN, ${infinite} infinite` : "";
  return `${name}: ${dtype} ${describeShape(shape)}, ${range}${bad}`;
}
