import { CONTROL, OTHER_CONTRASTS, PUBLISHED_ORDER } from "./contrasts.ts";
import type { Plan, Setting } from "./plan.ts";
import { orderVerdict } from "./published-order.ts";
import type { WorldResults } from "./summary.ts";
import { attentionTable, contrastTable, expectedTable, groupTable, rowTable } from "./tables.ts";

/** docs/ablation.md. Every figure in it is computed from the results, or is marked as the earlier study's. */
export function writePage(plan: Plan, worlds: readonly WorldResults[]): string {
  const [main, ...others] = worlds;
  if (main === undefined) throw new Error("There are no results to write a page of.");
  const sections = [
    introduction(plan, worlds),
    publishedOrder(worlds),
    `## Every row in world ${main.world}\n\n${rowTable(main)}\n\n${ROW_NOTE}`,
    ...others.map((other) => `## World ${other.world}\n\n${rowTable(other)}`),
    `## Is it the title that guides?\n\n${CONTROL_NOTE}\n\n${contrastTable(worlds, CONTROL)}`,
    `## Other comparisons\n\n${contrastTable([main], OTHER_CONTRASTS)}`,
    `## Where the attention lies\n\n${ATTENTION_NOTE}\n\n${attentionTable(main)}`,
    `## With a title and without, one label and two\n\nHit@1 in percent, the mean over seeds.\n\n${groupTable(main)}`,
    `## Beside the expected figures\n\n${EXPECTED_NOTE}\n\n${expectedTable(main)}\n\n${DIFFERENCES_NOTE}`,
    `## How it was run\n\n${method(plan.setting, worlds)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

function introduction({ setting, stages }: Plan, worlds: readonly WorldResults[]): string {
  const planned = stages.reduce((sum, { seeds, rows }) => sum + seeds.length * rows.length, 0);
  const trained = worlds.reduce((sum, { results }) => sum + results.length, 0);
  return `# The ablation

Written by \`npm run ablation\` from \`ablation/results.jsonl\`: change the program, not this page.

The original reports on data of its own, which is private, a Hit@1 of 71.07 with ERNIE and self-attention, 72.66 with a
TextCNN on top of ERNIE, and 73.29 when the title guides the attention. Here the same models, and what is left when
parts are taken away, are trained on a planted dataset: titles whose word order decides, segments of which only some are
labels, noise between them, and sound that tells what the picture does not. A world is one draw of that dataset's
prototypes; ${setting.trainVideos} of its videos train a model and ${setting.validVideos} others measure it. There are 24
labels, 1.4 a video.

The worlds, ${worlds.map(({ world }) => world).join(" and ")} here, were fixed before anything was trained in them. The last epoch is measured: nothing was chosen on
the videos that measure. All rows see the same training videos, and those of one seed see them in the same order.
Trained so far: ${trained} of ${planned} planned models.`;
}

function publishedOrder(worlds: readonly WorldResults[]): string {
  return `## The published order

${worlds.map((world) => `- ${orderVerdict(world)}`).join("\n")}

${contrastTable(worlds, PUBLISHED_ORDER)}

"p < 0.01" means that the 99 % interval lies above 0: bootstrap over seeds and videos, 10,000 resamples. A single seed's p
is that of McNemar's test, two-sided. Wins and losses are videos that only one model of a pair hits, summed over seeds; the
seeds share the videos, so the sums are no test by themselves.

The title without TextCNN is read here by "mean + FC", a dense tanh layer as wide as the TextCNN over the mean of ERNIE's
output: the fairest way without one, as it too can bend what it reads. The other ways stand below.`;
}

const ROW_NOTE = `Hit@1 and Hit@2 in percent: the mean over seeds and, in parentheses, the deviation between them. "All" is image, audio and
title. Seconds are those of training one model, the median over seeds, on a machine that others used at the same time;
processor seconds leave the others out.`;

const CONTROL_NOTE = `The blind guide is the text-guided model, as wide and with the same tanh, but its attention sees zeros in place of the
title; its head still sees the title. Were the gain that of a larger attention, it would do as well as the guided one.`;

const ATTENTION_NOTE = `The share of the attention on rows of labels / of other segments / of noise: the mean over videos and seeds, for audio over
those with sound. Self-attention can tell noise from segments, but not which segments are labels: that stands in the title.`;

const EXPECTED_NOTE = `The recipe of this dataset comes with the figures of an earlier study, made with PyTorch. Its range is taken from its lowest
to its highest mean over the worlds that it tried, two deviations of its seeds wider at each end.`;

const DIFFERENCES_NOTE = `What differs: another world, so other prototypes, some of which are easier to tell apart than others; our LSTMs have the
original's peepholes, the study's had none; and of the four projections into LSTMs two have a bias, as in the original's
checkpoints, where all of the study's had one, which an LSTM's own bias makes redundant. Where only one world of the study
is known, its range is that of the seeds alone and leaves out how worlds differ.`;

function method(setting: Setting, worlds: readonly WorldResults[]): string {
  const { loudness, fillers, titleFillers } = setting.world;
  const { batchSize, epochs, learningRate, decayGamma, decayEpochs, weightDecay, dropoutRate } = setting;
  const machines = new Set(worlds.flatMap(({ results }) => results.map(({ machine }) => machine)));
  return `\`\`\`sh
npm ci
npm run ablation                                      # trains what ablation/results.jsonl lacks, then writes this page
npm run ablation -- --page-only                       # writes this page from the results that are there
npm run ablation -- --smoke --output /tmp/ablation    # tiny models, in seconds: shows that the program works
\`\`\`

To train everything anew, remove \`ablation/results.jsonl\` first. Trained on:

${[...machines].map((machine) => `- ${machine}`).join("\n")}

The same for every row:

- Data: loudness ${loudness.image} (image) and ${loudness.audio} (audio) against noise of deviation 1; ${fillers.length} filler words, ${titleFillers.join(" to ")} of them in a
  title; one video in twenty without a title, one without sound. A frozen ERNIE with random weights, one block, 32 wide,
  runs once over every title.
- Model: the library's \`MultimodalTagger\`, configured. LSTMs of ${setting.imageUnits} (image) and ${setting.audioUnits} (audio) units a
  direction, TextCNN with windows ${setting.windows.join(", ")} of ${setting.filters} filters, dropout ${dropoutRate} in Paddle's older form.
- Training: centered RMSProp (rho 0.95, epsilon 1e-6), L2 ${weightDecay.toExponential()}, batch ${batchSize}, ${epochs} epochs, learning rate ${learningRate}, times
  ${decayGamma} after epochs ${decayEpochs.join(", ")}. The gradient is that of the loss summed over labels and batch.
- A seed decides the first parameters, the order of the videos, and dropout.

Only the order is reproduced. The gaps are much larger than the published 1.6 and 0.6 points, because this dataset was made
so that each part earns its place: a title's phrases differ by nothing but their order, and most of what a video shows is no
label of it.`;
}
