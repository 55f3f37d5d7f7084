import { markChoice, showChoices } from "./choices.ts";
import { chosenFiles } from "./chosen-files.ts";
import { byId, element } from "./element.ts";
import { BACKEND_TITLES, BACKENDS, type Backend, type TaggerFacts } from "./messages.ts";
import { resultView } from "./result-view.ts";
import { fetchFeatures, fetchSamples, type SampleVideo, themesOf } from "./sample-videos.ts";
import { TaggingClient } from "./tagging-client.ts";

/** Milliseconds of rest after a key before the title is tagged. */
const PAUSE = 120;
const OWN = "own";

interface Video {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of a video that the page brings along. */
  readonly sample?: SampleVideo;
}

/** A worker that is ready, and what it told. */
interface Engine {
  readonly backend: Backend;
  readonly tagger: string | readonly File[];
  readonly client: TaggingClient;
  readonly facts: TaggerFacts;
  firstMilliseconds?: number;
}

const ABOUT =
  "It was trained for a minute on made-up videos, by npm run demo. For 89.6\u202f% of the videos that it never saw, its " +
  "highest label is a true one (Hit@1). Those above are the first of them that have a title and sound, not the best.";

const BUNDLED_TAGGER = new URL("tagger/", document.baseURI).href;

const title = byId<HTMLInputElement>("title");
let engine: Engine | undefined;
let video: Video | undefined;
let ownVideo: Video | undefined;
let samples: readonly SampleVideo[] = [];

/** Runs one thing after another, and tells the reader in a sentence when one fails. */
let queue: Promise<void> = Promise.resolve();
function inTurn(work: () => Promise<void>): void {
  resultView.showBusy(true);
  queue = queue.then(async () => {
    try {
      await work();
    } catch (error) {
      resultView.showProblem(error instanceof Error ? error.message : String(error));
    }
  });
  const last = queue;
  void last.then(() => {
    if (last === queue) resultView.showBusy(false);
  });
}

/** Tags the title as it is when its turn comes: while one computation waits, others would only repeat it. */
let isTagWaiting = false;
function tagInTurn(): void {
  if (isTagWaiting) return;
  isTagWaiting = true;
  inTurn(() => {
    isTagWaiting = false;
    return tag();
  });
}

/** Starts another worker; the one in use stays until this one is ready. */
async function start(backend: Backend, tagger: Engine["tagger"]): Promise<void> {
  const client = new TaggingClient();
  try {
    const facts = await client.ask("start", { backend, tagger });
    engine?.client.stop();
    engine = { backend, tagger, client, facts };
  } catch (error) {
    client.stop();
    throw error;
  } finally {
    markChoice(byId("backends"), engine?.backend);
  }
  const { labels, parameters, readsTitles } = engine.facts;
  title.disabled = !readsTitles;
  byId("title-note").textContent = readsTitles ? "" : "This tagger reads no titles.";
  const size = `${parameters.toLocaleString("en")} weights, ${labels} labels`;
  byId("about").textContent =
    tagger === BUNDLED_TAGGER ? `The model has ${size}. ${ABOUT}` : `Your tagger has ${size}.`;
  if (video !== undefined) await open(video);
}

async function open(chosen: Video): Promise<void> {
  if (engine === undefined) return;
  const before = video;
  try {
    await engine.client.ask("open", { name: chosen.name, bytes: chosen.bytes });
  } catch (error) {
    // With another tagger not even the video of before need fit.
    if (before === chosen) {
      video = undefined;
      resultView.clear("No video fits this tagger yet.");
    }
    throw error;
  } finally {
    markChoice(byId("videos"), choiceOf(video));
  }
  video = chosen;
  markChoice(byId("videos"), choiceOf(video));
  await tag();
}

async function tag(): Promise<void> {
  if (engine === undefined || video === undefined) return;
  const result = await engine.client.ask("tag", { title: title.value });
  engine.firstMilliseconds ??= result.milliseconds;
  resultView.showProblem(undefined);
  resultView.show(result, video.sample);
  resultView.showTimings(engine.facts, engine.firstMilliseconds, result.milliseconds);
}

function choiceOf(shown: Video | undefined): string | undefined {
  return shown === undefined ? undefined : (shown.sample?.file ?? OWN);
}

/** The title changes at once, the result when its turn comes: what is typed meanwhile is not lost. */
function choose(value: string): void {
  const sample = samples.find(({ file }) => file === value);
  if (sample !== undefined) {
    title.value = sample.title;
    suggest(sample);
  }
  inTurn(async () => {
    const chosen = sample ? { name: sample.file, bytes: await fetchFeatures(sample.file), sample } : ownVideo;
    if (chosen !== undefined) await open(chosen);
  });
}

/** Buttons that put a title into the field: what the video's scenes are about, and no title at all. */
function suggest(sample: SampleVideo): void {
  const titles = [...new Set([sample.title, ...themesOf(sample), ""])];
  byId("suggestions").replaceChildren(
    ...titles.map((text) => {
      const button = element("button", { type: "button" }, text === "" ? "no title" : text);
      button.addEventListener("click", () => {
        title.value = text;
        tagInTurn();
      });
      return button;
    }),
  );
}

function showVideoChoices(): void {
  const own = ownVideo === undefined ? [] : [{ value: OWN, title: ownVideo.name }];
  const bundled = samples.map(({ file, title: text }, index) => {
    return { value: file, title: String(index + 1), hint: `${file}: ${text}` };
  });
  showChoices(byId("videos"), "video", [...bundled, ...own], choose);
  markChoice(byId("videos"), choiceOf(video));
}

async function take(files: readonly File[]): Promise<void> {
  const { tagger, features } = chosenFiles(files);
  if (tagger.length > 0 && engine !== undefined) await start(engine.backend, tagger);
  if (features === undefined) return;
  const own = { name: features.name, bytes: new Uint8Array(await features.arrayBuffer()) };
  await open(own);
  ownVideo = own;
  showVideoChoices();
}

function listen(): void {
  let pause: ReturnType<typeof setTimeout> | undefined;
  title.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(tagInTurn, PAUSE);
  });
  for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());
  const chooser = byId<HTMLInputElement>("files");
  chooser.addEventListener("change", () => {
    const files = [...(chooser.files ?? [])];
    // So that the same file, mended, can be chosen again.
    chooser.value = "";
    inTurn(() => take(files));
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) inTurn(() => take(files));
  });
}

/** A graphics card, where the browser has one that is not emulated; else WASM, which works everywhere. */
async function firstBackend(): Promise<Backend> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter && !adapter.info.isFallbackAdapter ? "webgpu" : "wasm";
}

listen();
showChoices(
  byId("backends"),
  "backend",
  BACKENDS.map((value) => ({ value, title: BACKEND_TITLES[value] })),
  (backend) => inTurn(() => start(backend, engine?.tagger ?? BUNDLED_TAGGER)),
);
inTurn(async () => {
  samples = await fetchSamples();
  showVideoChoices();
  const preferred = await firstBackend();
  await start(preferred, BUNDLED_TAGGER).catch((error: unknown) => {
    if (preferred === "wasm") throw error;
    return start("wasm", BUNDLED_TAGGER);
  });
  choose((samples[0] as SampleVideo).file);
});

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Without it the page works, but not offline.
  navigator.serviceWorker.register("./service-worker.js").catch(() => {});
}
