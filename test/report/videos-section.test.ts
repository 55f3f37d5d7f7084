import { expect, test } from "vitest";
import type { RunReport } from "../../src/report/run-report.ts";
import { videosSection } from "../../src/report/videos-section.ts";
import { smallRunReport } from "../support/small-run-report.ts";

const report = smallRunReport({ videos: 15, labels: 3, epochs: 1 });
/** video 7 has the highest loss, video 8 the next, and so on around. */
const losses = report.videos.map((_, index) => (index >= 7 ? 100 - index : 50 - index));

/** The names of the videos under a heading. */
function namesUnder(markup: string, heading: string): string[] {
  const section = markup.slice(markup.indexOf(`<h3>${heading}</h3>`)).split("<h3>")[1] ?? "";
  return [...section.matchAll(/<bdi>(video \d+)<\/bdi>/g)].map(([, name = ""]) => name);
}

test("the worst videos come by falling loss, the best by rising loss", () => {
  const { markup } = videosSection(report, losses);
  expect(namesUnder(markup, "The highest loss")).toEqual([7, 8, 9, 10, 11, 12].map((index) => `video ${index}`));
  expect(namesUnder(markup, "The lowest loss")).toEqual([6, 5, 4, 3, 2, 1].map((index) => `video ${index}`));
  expect(markup).toContain("Left out: the 3 videos in between.");
});

test("no video is shown twice when there are few", () => {
  const few: RunReport = { ...report, videos: report.videos.slice(0, 8) };
  const { markup } = videosSection(few, losses.slice(0, 8));
  expect(namesUnder(markup, "The highest loss")).toEqual([7, 0, 1, 2, 3, 4].map((index) => `video ${index}`));
  expect(namesUnder(markup, "The lowest loss")).toEqual([6, 5].map((index) => `video ${index}`));
  expect(markup).not.toContain("Left out");
  expect(videosSection({ ...report, videos: report.videos.slice(0, 1) }, [1]).markup).not.toContain("The lowest loss");
});

test("labels are named with their probability, the predicted ones by it, the true ones marked", () => {
  const video = { video: "v", title: "", classes: [1], scores: Float32Array.of(0.5, 0.75, 0.25) };
  const tags = (thresholds: readonly number[]) => {
    const { markup } = videosSection({ ...report, thresholds, videos: [video] }, [1]);
    const lists = [...markup.matchAll(/<dd>(.*?)<\/dd>/g)].map(([, list = ""]) => {
      return list
        .replace(/<span class="tag true"><span title="true">✓ <\/span>/g, "TRUE ")
        .replace(/<[^>]*>/g, "")
        .trim();
    });
    return { true: lists[0], predicted: lists[1] };
  };
  expect(tags([0.5, 0.5, 0.5])).toEqual({ true: "TRUE label 1 0.75", predicted: "TRUE label 1 0.75 label 0 0.50" });
  expect(tags([0.75, 0.8, 0.25])).toEqual({ true: "TRUE label 1 0.75", predicted: "label 2 0.25" });
  expect(tags([1, 1, 1])).toEqual({
    true: "TRUE label 1 0.75",
    predicted: "nothing; nearest TRUE label 1 0.75 label 0 0.50",
  });
});

test("two true labels and the likeliest others are taken apart, three in all", () => {
  const shares = Float32Array.of(0, 1, 2, 3, 4);
  const reasons = { present: ["text"], attention: {}, explanation: { bias: shares, contributions: {} } } as const;
  const five = smallRunReport({ videos: 1, labels: 5, epochs: 1 });
  const takenApart = (classes: readonly number[]) => {
    const video = { video: "v", title: "", classes, scores: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.35), reasons };
    const { markup } = videosSection({ ...five, videos: [video] }, [1]);
    return [...markup.matchAll(/<p><bdi>label (\d)<\/bdi>: /g)].map(([, label]) => Number(label));
  };
  expect(takenApart([0])).toEqual([0, 3, 4]);
  expect(takenApart([0, 1, 2])).toEqual([0, 1, 3]);
  expect(takenApart([0, 3])).toEqual([0, 3, 4]);
  expect(takenApart([])).toEqual([3, 4, 2]);
});
