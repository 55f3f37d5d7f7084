import { sigmoid, softmax } from "./logistic.ts";
import type { ScoredVideo, ScoreTable } from "./score-table.ts";

/** How logits become probabilities: each by itself (several labels a video), or together (one label a video). */
export type Link = "sigmoid" | "softmax";

const LOWEST_INVERSE = 0.01;
const HIGHEST_INVERSE = 100;

/** First and second derivative of the negative log-likelihood by the inverse temperature. */
interface Derivatives {
  first: number;
  second: number;
}

/**
 * Temperature scaling: the T for which link(logits / T) has the smallest negative log-likelihood on validation videos.
 * It changes no ranking. For softmax the target is 1 / n on each of a video's n true labels, and a video without one
 * does not count.
 *
 * The likelihood is convex in 1 / T, so its slope has one root: Newton's method finds it, kept in by bisection, in float64.
 * T lies in [0.01, 100]: the bounds are the answer where logits separate the labels perfectly (0.01), or say nothing or
 * the opposite of the truth (100).
 *
 * @param logits a table of logits in place of scores
 * @returns T; without videos 1
 * @throws RangeError when a logit is infinite
 * @see Guo et al., On Calibration of Modern Neural Networks (arXiv:1706.04599)
 */
export function fitTemperature(logits: ScoreTable, link: Link): number {
  expectFinite(logits);
  const slopeAt = (inverse: number): Derivatives => {
    const sum: Derivatives = { first: 0, second: 0 };
    for (const video of logits) (link === "sigmoid" ? addSigmoid : addSoftmax)(sum, video, inverse);
    return sum;
  };
  const start = slopeAt(1);
  if (start.first === 0) return 1;
  if (slopeAt(LOWEST_INVERSE).first >= 0) return 1 / LOWEST_INVERSE;
  if (slopeAt(HIGHEST_INVERSE).first <= 0) return 1 / HIGHEST_INVERSE;
  return 1 / increasingRoot(slopeAt, LOWEST_INVERSE, HIGHEST_INVERSE);
}

/** link(logits / temperature), [numClasses]. */
export function temperatureScaled(logits: ArrayLike<number>, temperature: number, link: Link): Float64Array {
  if (!(temperature > 0)) {
    throw new RangeError(`temperatureScaled: temperature must lie above 0. Got ${temperature}.`);
  }
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  return link === "sigmoid" ? scaled.map(sigmoid) : softmax(scaled);
}

/** softplus(a z) - y a z, for every class. */
function addSigmoid(sum: Derivatives, { scores, trueClasses }: ScoredVideo, inverse: number): void {
  for (let label = 0; label < scores.length; label++) {
    const logit = scores[label] as number;
    const probability = sigmoid(inverse * logit);
    sum.first += logit * probability;
    sum.second += logit * logit * probability * (1 - probability);
  }
  for (const label of trueClasses) sum.first -= scores[label] as number;
}

/** log sum exp(a z) - a * mean of the true z: its slope is an expectation under softmax(a z), its bend the variance. */
function addSoftmax(sum: Derivatives, { scores, trueClasses }: ScoredVideo, inverse: number): void {
  if (trueClasses.length === 0) return;
  const probabilities = softmax(Float64Array.from(scores, (logit) => inverse * logit));
  let mean = 0;
  for (const [label, probability] of probabilities.entries()) mean += probability * (scores[label] as number);
  for (const [label, probability] of probabilities.entries()) {
    sum.second += probability * ((scores[label] as number) - mean) ** 2;
  }
  sum.first += mean;
  for (const label of trueClasses) sum.first -= (scores[label] as number) / trueClasses.length;
}

/** The root of a slope that increases from below 0 at low to above 0 at high. */
function increasingRoot(slopeAt: (x: number) => Derivatives, low: number, high: number): number {
  let x = 1;
  while (high - low > 1e-14 * high) {
    const { first, second } = slopeAt(x);
    if (first === 0) return x;
    if (first < 0) low = x;
    else high = x;
    const next = x - first / second;
    const newton = next > low && next < high;
    if (newton && Math.abs(next - x) <= 1e-14 * x) return next;
    x = newton ? next : (low + high) / 2;
    if (x === low || x === high) return x;
  }
  return x;
}

function expectFinite(logits: ScoreTable): void {
  for (let video = 0; video < logits.videos; video++) {
    const { scores } = logits.video(video);
    for (let label = 0; label < scores.length; label++) {
      if (Number.isFinite(scores[label])) continue;
      throw new RangeError(`fitTemperature: video ${video} has the logit ${scores[label]} for class ${label}.`);
    }
  }
}
