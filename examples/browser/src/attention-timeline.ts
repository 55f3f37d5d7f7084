import type { AttentionSpan } from "multimodal-video-tag/tagging";
import { element, percent } from "./element.ts";
import { sceneOf } from "./sample-videos.ts";

const HEIGHT = 100;
/** Of a bar's width, left free for the gap to the next one. */
const GAP = 0.12;
/** Labels of the time axis at most. */
const MOST_TICKS = 8;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/** What modalities are called on the page; others have their own names. */
const TITLES: Readonly<Record<string, string>> = { image: "Picture", audio: "Sound" };

/**
 * Attention over the seconds of a video as bars, the highest as high as the plot, and below it the scenes that the rows
 * really show, where that is known.
 *
 * @param scenes the label of each row's scene, null for noise
 */
export function attentionTimeline(
  modality: string,
  spans: readonly AttentionSpan[],
  scenes: readonly (string | null)[] | undefined,
): HTMLElement {
  const title = TITLES[modality] ?? modality;
  const duration = spans.at(-1)?.end ?? 1;
  const highest = spans.reduce((best, span) => (span.weight > best.weight ? span : best));
  const place = `${seconds(highest.start)} to ${seconds(highest.end)}\u202fs`;
  const text = `${title}: most attention, ${percent(highest.weight)}, from ${place}.`;
  return element(
    "figure",
    { class: "timeline" },
    element("figcaption", {}, element("strong", {}, title), ` ${percent(highest.weight)} at ${place}`),
    bars(spans, duration, highest, text),
    ...(scenes === undefined ? [] : [sceneStrip(modality, scenes)]),
    axis(duration),
  );
}

function bars(spans: readonly AttentionSpan[], duration: number, highest: AttentionSpan, text: string): SVGElement {
  const plot = svg("svg", {
    viewBox: `0 0 ${duration} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": text,
  });
  for (const span of spans) {
    const width = span.end - span.start;
    const height = (HEIGHT * span.weight) / highest.weight;
    const bar = svg("rect", {
      x: String(span.start + (GAP / 2) * width),
      y: String(HEIGHT - height),
      width: String((1 - GAP) * width),
      height: String(height),
      ...(span === highest && { class: "highest" }),
    });
    const hint = svg("title", {});
    hint.textContent = `${seconds(span.start)} to ${seconds(span.end)} s: ${percent(span.weight)}`;
    bar.append(hint);
    plot.append(bar);
  }
  return plot;
}

/** Rows of one scene that stand beside each other, as a block of their width. */
function sceneStrip(modality: string, scenes: readonly (string | null)[]): HTMLElement {
  const blocks: { label: string | null; rows: number }[] = [];
  for (const label of scenes) {
    const last = blocks.at(-1);
    if (last?.label === label) last.rows++;
    else blocks.push({ label, rows: 1 });
  }
  const strip = element("ol", {
    class: "scenes",
    "aria-label": `What the ${(TITLES[modality] ?? modality).toLowerCase()} really shows`,
  });
  for (const { label, rows } of blocks) {
    const block = element("li", label === null ? { class: "noise", "aria-label": "noise" } : {});
    block.style.flexGrow = String(rows);
    if (label !== null) {
      const { theme, look, sound } = sceneOf(label);
      const detail = modality === "image" ? look : sound;
      block.title = `${theme}, ${detail}`;
      block.append(element("span", {}, theme), " ", element("span", {}, detail));
    }
    strip.append(block);
  }
  return strip;
}

function axis(duration: number): HTMLElement {
  const step = STEPS.find((each) => duration / each <= MOST_TICKS) ?? Math.ceil(duration / MOST_TICKS);
  const ticks = element("div", { class: "axis", "aria-hidden": "true" });
  for (let second = 0; second < duration; second += step) {
    const tick = element("span", {}, second === 0 ? "0\u202fs" : String(second));
    tick.style.insetInlineStart = `${(100 * second) / duration}%`;
    ticks.append(tick);
  }
  return ticks;
}

function seconds(value: number): string {
  return String(Math.round(10 * value) / 10);
}

function svg(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
