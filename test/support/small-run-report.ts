import { RandomStream } from "../../src/core/random-stream.ts";
import type { ReportVideo, RunReport } from "../../src/report/run-report.ts";
import { attendedRows } from "../../src/tagging/attended-rows.ts";

/** Text that would be markup, leave an attribute or a script, turn the direction of text, or not be text at all. */
export const HOSTILE = `</script><script>document.body.dataset.owned = "yes"</script>"'><img src=x onerror=alert(1)>&amp;\u202e\u2066\0\ud800`;

export interface ReportSizes {
  readonly videos: number;
  readonly labels: number;
  readonly epochs: number;
  /** Rows of features a video. */
  readonly rows?: number;
  /** Stands in every text. */
  readonly text?: string;
}

/** A run of made-up numbers, the same for the same sizes. */
export function smallRunReport({ videos, labels, epochs, rows = 5, text = "" }: ReportSizes): RunReport {
  const random = new RandomStream(17);
  const weights = () => Float32Array.from({ length: rows }, () => random.next() / rows);
  const shares = () => Float32Array.from({ length: labels }, () => random.nextNormal());
  const video = (index: number): ReportVideo => {
    const classes = [index % labels, (index * 7 + 3) % labels];
    const scores = Float32Array.from({ length: labels }, () => random.next() ** 4);
    for (const each of classes) scores[each] = random.next();
    return {
      video: `video ${index}${text}`,
      title: index % 5 === 0 ? text : `title ${index}${text}`,
      classes: [...new Set(classes)].sort((a, b) => a - b),
      scores,
      reasons: {
        present: index % 3 > 0 ? ["image", "audio", "text"] : ["text"],
        attention: attendedRows(
          { ...(index % 3 > 0 && { image: weights() }), ...(index % 4 > 0 && { audio: weights() }) },
          { audio: { hopSeconds: 0.96 } },
        ),
        explanation: { bias: shares(), contributions: { image: shares(), audio: shares(), text: shares() } },
      },
    };
  };
  return {
    name: `run${text}`,
    configuration: { [`train${text}`]: { [`batchSize${text}`]: 16, [`name${text}`]: text, list: [1, text], on: true } },
    environment: { [`seed${text}`]: `1${text}` },
    epochs: Array.from({ length: epochs }, (_, index) => ({
      epoch: index + 1,
      learningRate: 0.001 / (index + 1),
      loss: 5 / (index + 1),
      valid: { loss: 4.5 / (index + 1), videos, hitAtK: { "1": 0.25, "3": 0.5 }, meanAveragePrecision: 0.375 },
      isBest: index < 2,
    })),
    labels: Array.from({ length: labels }, (_, index) => `label ${index}${text}`),
    thresholds: Array.from({ length: labels }, (_, index) => 0.5 + (index % 4) / 10),
    videos: Array.from({ length: videos }, (_, index) => video(index)),
    warnings: [`A warning${text}`],
  };
}
