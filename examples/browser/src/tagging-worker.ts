import { type DecodedFeatures, decodeFeatureFile, fetchedFiles, givenFiles } from "multimodal-video-tag/data";
import {
  attentionSpans,
  readTagger,
  type TaggedVideo,
  thresholdOf,
  type VideoTagger,
} from "multimodal-video-tag/tagging";
import type { Answer, Question, RequestName, Requests, Result, TaggerFacts } from "./messages.ts";
import { fetchedBytes } from "./own-files.ts";
import { startBackend } from "./start-backend.ts";

/** So many labels are shown, tags or not. */
const SHOWN = 5;
/** Seconds that a row of picture features stands for: one frame a second is the usual choice. */
const SECONDS_A_FRAME = 1;

let tagger: VideoTagger | undefined;
let features: DecodedFeatures | undefined;

const HANDLERS: { [name in RequestName]: (request: Requests[name]["request"]) => Promise<Requests[name]["answer"]> } = {
  async start({ backend, tagger: source }): Promise<TaggerFacts> {
    const begin = performance.now();
    await startBackend(backend);
    const started = performance.now();
    tagger = await readTagger(typeof source === "string" ? fetchedFiles(source) : givenFiles(source));
    const parameters = [...tagger.model.parameters().values()].reduce((sum, { size }) => sum + size, 0);
    const milliseconds = { backend: started - begin, tagger: performance.now() - started };
    return { labels: tagger.labels.length, parameters, readsTitles: textOf(tagger) !== undefined, milliseconds };
  },

  async open({ name, source }) {
    const bytes = typeof source === "string" ? await fetchedBytes(source) : await chosenBytes(source);
    const { sizes, required } = expectPresent(tagger, "tagger").sampleOptions;
    features = decodeFeatureFile(bytes, { file: name, sizes, required });
    const rows = Object.entries(features.rows).map(([modality, own]) => [modality, own.rows]);
    return { rows: Object.fromEntries(rows) };
  },

  async tag({ title }): Promise<Result> {
    const used = expectPresent(tagger, "tagger");
    const { rows } = expectPresent(features, "video");
    const text = textOf(used);
    const begin = performance.now();
    const [tagged] = (await used.tag([{ rows, ...(text !== undefined && { texts: { [text]: title } }) }])) as [
      TaggedVideo,
    ];
    const milliseconds = performance.now() - begin;
    return { labels: highest(used, tagged.scores), attention: timelines(tagged), milliseconds };
  },
};

function highest({ labels, threshold }: VideoTagger, scores: Float32Array): Result["labels"] {
  const scored = labels.map((label, index) => {
    return { label, score: scores[index] as number, threshold: thresholdOf(threshold, index) };
  });
  // Tags stand before labels that are none, whatever their scores: each label has a threshold of its own.
  const isTag = (each: (typeof scored)[number]) => Number(each.score >= each.threshold);
  return scored.sort((a, b) => isTag(b) - isTag(a) || b.score - a.score).slice(0, SHOWN);
}

/** The text that the reader types; undefined where the model has none. */
function textOf({ config }: VideoTagger): string | undefined {
  return Object.keys(config.texts ?? {})[0];
}

/** Feature files do not say when their rows were: the rows of others share the time of the first, the picture, evenly. */
function timelines({ attention }: TaggedVideo): Result["attention"] {
  const all = Object.entries(attention);
  const duration = (all[0]?.[1].length ?? 0) * SECONDS_A_FRAME;
  const spans = all.map(([modality, weights]) => {
    return [modality, attentionSpans(weights, { hopSeconds: duration / weights.length })];
  });
  return Object.fromEntries(spans);
}

/** @throws Error whose message is a sentence */
async function chosenBytes(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new Error(`${file.name} could not be read. Was it moved, changed or deleted?`, { cause });
  }
}

function expectPresent<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The page asked for tags before it had a ${what}.`);
  return value;
}

self.addEventListener("message", async ({ data: question }: MessageEvent<Question>) => {
  const { id } = question;
  const reply = (answer: Answer) => self.postMessage(answer);
  try {
    const handle = HANDLERS[question.name] as (
      request: Question["request"],
    ) => Promise<Requests[RequestName]["answer"]>;
    reply({ id, answer: await handle(question.request) });
  } catch (error) {
    reply({ id, problem: error instanceof Error ? error.message : String(error) });
  }
});
