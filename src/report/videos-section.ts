import { attentionBars } from "./attention-bars.ts";
import { contributionBars } from "./contribution-bars.ts";
import { extremeVideos } from "./extreme-videos.ts";
import { counted, decimals } from "./figure-text.ts";
import { type Html, html, isolated } from "./html.ts";
import type { ReportVideo, RunReport } from "./run-report.ts";

/** So many labels of a video are named. */
const MOST_TAGS = 8;
/** So many labels of a video are taken apart, and so many of its true ones among them. */
const MOST_EXPLAINED = { labels: 3, true: 2 };

/** The videos with the highest loss and those with the lowest: titles, tags, and where the model looked. */
export function videosSection(report: RunReport, losses: readonly number[]): Html {
  const { worst, best } = extremeVideos(losses);
  const left = losses.length - worst.length - best.length;
  const cards = (indices: readonly number[]) =>
    indices.map((index) => card(report.videos[index] as ReportVideo, losses[index] as number, report));
  return html`<p>By the loss of each video, for the best checkpoint.
${left > 0 ? `Left out: the ${counted(left, "video")} in between.` : ""}
Upright bars are the attention over time, a bar for each row of features. Lying ones are what the logit of a label is the
sum of, for ${MOST_EXPLAINED.true} true labels at most and the likeliest others: what speaks for the label goes to the
right, what speaks against it to the left, all labels of a video on one scale; the thick mark is the sum.</p>
<h3>The highest loss</h3><div class="cards">${cards(worst)}</div>
${best.length === 0 ? "" : html`<h3>The lowest loss</h3><div class="cards">${cards(best)}</div>`}`;
}

function card(video: ReportVideo, loss: number, report: RunReport): Html {
  const { labels, thresholds } = report;
  const byScore = [...labels.keys()].sort((a, b) => (video.scores[b] as number) - (video.scores[a] as number));
  const predicted = byScore.filter((index) => (video.scores[index] as number) >= (thresholds[index] as number));
  const tags = (indices: readonly number[]) => tagList(indices, video, labels);
  const explained = [...new Set([...video.classes.slice(0, MOST_EXPLAINED.true), ...byScore])];
  return html`<article><h4>${video.title === "" ? html`<em>no title</em>` : isolated(video.title)}</h4>
<p class="name">${isolated(video.video)}, loss ${decimals(loss)}</p>
<dl><dt>True</dt><dd>${tags(video.classes)}</dd>
<dt>Predicted</dt><dd>${predicted.length > 0 ? tags(predicted) : html`nothing; nearest ${tags(byScore.slice(0, 2))}`}</dd></dl>
${Object.entries(video.reasons?.attention ?? {}).map(([modality, rows]) => attentionBars(rows, capitalized(modality)))}
${video.reasons === undefined ? "" : contributionBars(video.reasons, explained.slice(0, MOST_EXPLAINED.labels), labels)}
</article>
`;
}

function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Labels with their probabilities; the true ones are marked. */
function tagList(indices: readonly number[], { classes, scores }: ReportVideo, labels: readonly string[]): Html {
  const shown = indices.slice(0, MOST_TAGS).map((index) => {
    const isTrue = classes.includes(index);
    return html`<span class="tag${isTrue ? " true" : ""}">${isTrue ? html`<span title="true">✓ </span>` : ""}${isolated(labels[index] ?? "")} ${decimals(scores[index] as number, 2)}</span> `;
  });
  const left = indices.length - shown.length;
  return html`${shown}${left > 0 ? `and ${left} more` : ""}${indices.length === 0 ? "none" : ""}`;
}
