import { attentionTimeline } from "./attention-timeline.ts";
import { byId, element, percent } from "./element.ts";
import type { Result, ScoredLabel, TaggerFacts } from "./messages.ts";
import type { SampleVideo } from "./sample-videos.ts";
import type { Video } from "./video.ts";

/** Milliseconds after which the page says that it computes: before, it would be over before anyone could read it. */
const PATIENCE = 300;
let announcement: ReturnType<typeof setTimeout> | undefined;

/** What is shown beside the controls: tags, timelines, timings, and what went wrong. */
export const resultView = {
  showProblem(problem: string | undefined): void {
    const place = byId("problem");
    place.textContent = problem ?? "";
    place.hidden = problem === undefined;
  },

  showBusy(isBusy: boolean): void {
    byId("answer").setAttribute("aria-busy", String(isBusy));
    clearTimeout(announcement);
    if (isBusy) announcement = setTimeout(showProgress, PATIENCE, "computing…", true);
    else showProgress("", false);
  },

  showStopped(): void {
    showProgress("stopped", false);
  },

  /** No tags may look as if they were of what is wished. */
  showNothing(sentence: string): void {
    byId("shown").textContent = "";
    say(sentence, true);
    byId("tags").replaceChildren();
    byId("timelines").replaceChildren();
  },

  showResult({ labels, attention }: Result, { name, sample }: Video): void {
    byId("shown").textContent = `of ${name}`;
    const tags = labels.filter(({ score, threshold }) => score >= threshold);
    // What the list shows anyway is for those who hear the page.
    if (tags.length > 0) say(`${tags.map(inWords).join(", ")}.`, false);
    else say("No label reaches the score that would make a tag of it.", true);
    byId("tags").replaceChildren(...labels.map((label) => tagRow(label, sample)));
    byId("timelines").replaceChildren(
      ...Object.entries(attention).map(([modality, spans]) => {
        const scenes = modality === "image" || modality === "audio" ? sample?.[modality] : undefined;
        return attentionTimeline(modality, spans, scenes);
      }),
    );
  },

  showTimings(facts: TaggerFacts, first: number, last: number): void {
    const entries = [
      ["Backend started", facts.milliseconds.backend],
      ["Tagger read", facts.milliseconds.tagger],
      ["First tags", first],
      ["These tags", last],
    ] as const;
    byId("timings").replaceChildren(
      ...entries.map(([name, milliseconds]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, `${rounded(milliseconds)}\u202fms`)),
      ),
    );
  },
};

/** A word beside the heading, and a button that stops the computation. */
function showProgress(word: string, canStop: boolean): void {
  byId("progress").textContent = word;
  const stop = byId("stop");
  // The focus must not get lost with the button.
  if (!canStop && document.activeElement === stop) byId("result-heading").focus();
  stop.hidden = !canStop;
}

function say(sentence: string, isVisible: boolean): void {
  const place = byId("summary");
  place.classList.toggle("visually-hidden", !isVisible);
  // The same sentence again would be read out again.
  if (place.textContent !== sentence) place.textContent = sentence;
}

function inWords({ label, score }: ScoredLabel): string {
  return `${label} ${percent(score)}`;
}

function tagRow({ label, score, threshold }: ScoredLabel, sample: SampleVideo | undefined): HTMLElement {
  const isTag = score >= threshold;
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"), element("b"));
  bar.style.setProperty("--score", String(score));
  bar.style.setProperty("--threshold", String(threshold));
  bar.title = `It is a tag from ${percent(threshold)} on.`;
  const isTrue = sample?.labels.includes(label) === true;
  return element(
    "li",
    isTag ? { class: "tag" } : {},
    element("span", { class: "label" }, label, ...(isTrue ? [element("small", {}, " as labelled")] : [])),
    element("span", { class: "score" }, percent(score)),
    bar,
  );
}

function rounded(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}
