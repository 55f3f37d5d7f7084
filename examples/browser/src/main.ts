import { markChoice, showChoices } from "./choices.ts";
import { chosenFiles } from "./chosen-files.ts";
import { byId, element } from "./element.ts";
import { BACKEND_TITLES, BACKENDS, type Backend, type TaggerFacts, type TaggerSource } from "./messages.ts";
import { resultView } from "./result-view.ts";
import { fetchSamples, themesOf } from "./sample-videos.ts";
import { TaggingSession, type Wish } from "./tagging-session.ts";
import { bundledVideo, isOwn, ownVideo, type Video } from "./video.ts";

/** Milliseconds of rest after a key before the title is tagged. */
const PAUSE = 120;
const OWN = "own";

const ABOUT =
  "It was trained for a minute on made-up videos, by npm run demo. For 89.6\u202f% of the videos that it never saw, its " +
  "highest label is a true one (Hit@1). Those above are the first of them that have a title and sound, not the best.";

const BUNDLED_TAGGER = new URL("tagger/", document.baseURI).href;

const title = byId<HTMLInputElement>("title");
let bundled: readonly Video[] = [];
/** The file of the reader's own that can be chosen beside the bundled videos. */
let own: Video | undefined;
/** The last of them that could be tagged. */
let taggedOwn: Video | undefined;
/** The video whose title is in the field. */
let chosen: Video | undefined;
let readsTitles = true;

const session = new TaggingSession(
  { backend: "wasm", tagger: BUNDLED_TAGGER, video: undefined, title: "" },
  {
    ...resultView,
    showTagger,
    showResult(result, video) {
      if (isOwn(video)) taggedOwn = video;
      resultView.showResult(result, video);
    },
    showWish({ backend, video, title: text }) {
      markChoice(byId("backends"), backend);
      if (video === chosen) return;
      const listed = isOwn(video) ? video : taggedOwn;
      if (listed !== own) {
        own = listed;
        listVideos();
      }
      showVideo(video, text);
    },
  },
);

/** What is in the title field is always meant. */
function want(change: Partial<Wish>): void {
  session.want({ title: title.value, ...change });
}

function showTagger({ labels, parameters, ...facts }: TaggerFacts, tagger: TaggerSource): void {
  readsTitles = facts.readsTitles;
  showTitleNote();
  const size = `${parameters.toLocaleString("en")} weights, ${labels} labels`;
  byId("about").textContent =
    tagger === BUNDLED_TAGGER ? `The model has ${size}. ${ABOUT}` : `Your tagger has ${size}.`;
}

function showTitleNote(): void {
  title.disabled = !readsTitles;
  const note = isOwn(chosen) ? "A feature file holds no title. Type the title that the video has." : "";
  byId("title-note").textContent = readsTitles ? note : "This tagger reads no titles.";
}

/** Marks a video and puts a title of it into the field; its tags come when they are computed. */
function showVideo(video: Video | undefined, text: string): void {
  chosen = video;
  title.value = text;
  markChoice(byId("videos"), video === own ? OWN : video?.file);
  suggest(video);
  showTitleNote();
}

function listVideos(): void {
  const choices = bundled.map(({ file, title: hint }, index) => {
    return { value: file, title: String(index + 1), hint: `${file}: ${hint}` };
  });
  const ownChoice = own === undefined ? [] : [{ value: OWN, title: own.file }];
  showChoices(byId("videos"), "video", [...choices, ...ownChoice], (value) => {
    choose(bundled.find(({ file }) => file === value) ?? own);
  });
}

function choose(video: Video | undefined): void {
  showVideo(video, video?.title ?? "");
  want({ video });
}

/** Buttons that put a title into the field: what the video's scenes are about, where that is known, and no title at all. */
function suggest(video: Video | undefined): void {
  const { sample } = video ?? {};
  const titles = sample === undefined ? [] : [...new Set([sample.title, ...themesOf(sample), ""])];
  byId("suggestions").replaceChildren(
    ...titles.map((text) => {
      const button = element("button", { type: "button" }, text === "" ? "no title" : text);
      button.addEventListener("click", () => {
        title.value = text;
        want({});
      });
      return button;
    }),
  );
}

function take(files: readonly File[]): void {
  try {
    const { tagger, features } = chosenFiles(files);
    if (features !== undefined) {
      own = ownVideo(features);
      listVideos();
      showVideo(own, own.title);
    }
    want({ ...(tagger.length > 0 && { tagger }), ...(features !== undefined && { video: own }) });
  } catch (error) {
    session.complain((error as Error).message);
  }
}

function listen(): void {
  let pause: ReturnType<typeof setTimeout> | undefined;
  title.addEventListener("input", () => {
    // A bundled video begins with its own title each time that it is chosen.
    if (isOwn(chosen)) chosen.title = title.value;
    clearTimeout(pause);
    pause = setTimeout(() => want({}), PAUSE);
  });
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      want({});
    });
  }
  byId("stop").addEventListener("click", () => session.stop());
  const chooser = byId<HTMLInputElement>("files");
  chooser.addEventListener("change", () => {
    const files = [...(chooser.files ?? [])];
    // So that the same file, mended, can be chosen again.
    chooser.value = "";
    take(files);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  });
}

/** A graphics card, where the browser has one that is not emulated; else WASM, which works everywhere. */
async function firstBackend(): Promise<Backend> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter && !adapter.info.isFallbackAdapter ? "webgpu" : "wasm";
}

/** Shows the first bundled video where it is computed best, unless the reader was faster. */
async function begin(): Promise<void> {
  try {
    bundled = (await fetchSamples()).map(bundledVideo);
    const backend = await firstBackend();
    listVideos();
    const video = chosen ?? bundled[0];
    markChoice(byId("backends"), backend);
    showVideo(video, video === chosen ? title.value : (video as Video).title);
    want({ backend, video });
  } catch (error) {
    // Files of the reader's own can be tagged without those of the page.
    want({});
    session.complain((error as Error).message);
  }
}

listen();
showChoices(
  byId("backends"),
  "backend",
  BACKENDS.map((value) => ({ value, title: BACKEND_TITLES[value] })),
  (backend) => want({ backend }),
);
void begin();

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Without it the page works, but not offline.
  navigator.serviceWorker.register("./service-worker.js").catch(() => {});
}
