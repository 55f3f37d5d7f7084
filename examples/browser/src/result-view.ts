import { attentionTimeline } from "./attention-timeline.ts";
import { byId, element, percent } from "./element.ts";
import type { Modality, Result, ScoredLabel, TaggerFacts } from "./messages.ts";
import type { SampleVideo } from "./sample-videos.ts";

/** What is shown beside the controls: tags, timelines, timings, and what went wrong. */
export const resultView = {
  /** A sentence that stays until something works; undefined takes it away. */
  showProblem(problem: string | undefined): void {
    const place = byId("problem");
    place.textContent = problem ?? "";
    place.hidden = problem === undefined;
  },

  showBusy(isBusy: boolean): void {
    byId("result").setAttribute("aria-busy", String(isBusy));
  },

  /** Nothing could be computed: no result may look as if it were of now. */
  clear(sentence: string): void {
    say(sentence, true);
    byId("tags").replaceChildren();
    byId("timelines").replaceChildren();
  },

  show({ labels, attention }: Result, sample: SampleVideo | undefined): void {
    const tags = labels.filter(({ score, threshold }) => score >= threshold);
    // What the list shows anyway is for those who hear the page.
    if (tags.length > 0) say(`${tags.map(inWords).join(", ")}.`, false);
    else say("No label reaches the score that would make a tag of it.", true);
    byId("tags").replaceChildren(...labels.map((label) => tagRow(label, sample)));
    const modalities: readonly Modality[] = ["image", "audio"];
    byId("timelines").replaceChildren(
      ...modalities.flatMap((modality) => {
        const spans = attention[modality];
        return spans === undefined ? [] : [attentionTimeline(modality, spans, sample?.[modality])];
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
