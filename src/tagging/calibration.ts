import { type PlattScaling, plattScaled } from "../metrics/platt-scaling.ts";
import { type Link, temperatureScaled } from "../metrics/temperature-scaling.ts";

/** How logits become probabilities that come true as often as they say: fitted on validation videos. */
export type Calibration =
  | { readonly kind: "temperature"; readonly temperature: number }
  | { readonly kind: "platt"; readonly scalings: readonly Pick<PlattScaling, "slope" | "intercept">[] };

/**
 * @param logits of one video, [numClasses]
 * @returns its probabilities, [numClasses]
 * @throws RangeError when there is not one Platt scaling a class
 */
export function calibratedScores(logits: ArrayLike<number>, calibration: Calibration, head: Link): Float32Array {
  const scores =
    calibration.kind === "temperature"
      ? temperatureScaled(logits, calibration.temperature, head)
      : plattScaled(logits, calibration.scalings);
  return Float32Array.from(scores);
}
