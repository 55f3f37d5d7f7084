import { expect, test } from "vitest";
import { contributionBars } from "../../src/report/contribution-bars.ts";
import type { VideoReasons } from "../../src/report/run-report.ts";

const reasons: VideoReasons = {
  present: ["image", "text"],
  attention: {},
  explanation: {
    bias: Float32Array.of(-2, 1),
    contributions: {
      image: Float32Array.of(3, -1),
      audio: Float32Array.of(-0.5, 0),
      text: Float32Array.of(1, 0.25),
    },
  },
};
const { markup } = contributionBars(reasons, [0, 1], ["a <label>", "b"]);

/** What each picture shows: where a path begins, and how long it is, by its class. */
function pathsOf(svg: string): Record<string, string> {
  return Object.fromEntries(
    [...svg.matchAll(/<path class="(\w+)" d="([^"]*)">/g)].map(([, name = "", path = ""]) => {
      const [, begin, length] = /^M([\d.]+) \d+(?:h([\d.]+))?/.exec(path) ?? [];
      return [name, length === undefined ? `${begin}` : `${begin} + ${length}`];
    }),
  );
}

test("shares of one sign lie end to end, all labels on one scale, with marks at 0 and at the sum", () => {
  // The farthest to the left is 2.5, to the right 4: a unit of the picture is 0.0065.
  const [first = "", second = ""] = markup.split("<svg").slice(1);
  const at = (value: number) => Math.round(((2.5 + value) / 6.5) * 10_000) / 10;
  const long = (value: number) => Math.round((value / 6.5) * 10_000) / 10;
  expect(pathsOf(first)).toEqual({
    m0: `${at(0)} + ${long(3)}`,
    m1: `${at(-0.5)} + ${long(0.5)}`,
    m2: `${at(3)} + ${long(1)}`,
    bias: `${at(-2.5)} + ${long(2)}`,
    zero: `${at(0)}`,
    sum: `${at(1.5)}`,
  });
  // The sound adds nothing: no bar.
  expect(pathsOf(second)).toEqual({
    m0: `${at(-1)} + ${long(1)}`,
    m2: `${at(0)} + ${long(0.25)}`,
    bias: `${at(0.25)} + ${long(1)}`,
    zero: `${at(0)}`,
    sum: `${at(0.25)}`,
  });
});

test("numbers stand beside, and what was not there is told", () => {
  const text = markup
    .replace(/<svg[\s\S]*?<\/svg>/g, "")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");
  expect(text.trim()).toBe(
    "a &lt;label&gt;: +1.50 image +3.00 audio (absent) −0.50 text +1.00 bias −2.00 " +
      "b: +0.25 image −1.00 audio (absent) +0.00 text +0.25 bias +1.00",
  );
  expect(markup).toContain(
    'aria-label="a &lt;label&gt;: image +3.00, audio −0.50, text +1.00, bias −2.00, together +1.50."',
  );
});

test("a model without a modality has no share of it; no share at all is no bar at all", () => {
  const explanation = { bias: Float32Array.of(0), contributions: { text: Float32Array.of(0) } };
  const { markup: plain } = contributionBars({ ...reasons, explanation }, [0], ["a"]);
  expect(plain).not.toMatch(/image|audio|NaN|Infinity/);
  expect(pathsOf(plain)).toEqual({ zero: "0", sum: "0" });
});
