import { describe, expect, test } from "vitest";
import { type PlottingLibrary, renderReport } from "../../src/report/render-report.ts";
import { readPlottingLibrary } from "../../src/runs/write-report.ts";
import { HOSTILE, smallRunReport } from "../support/small-run-report.ts";

const LIBRARY: PlottingLibrary = { script: "/* draws */\n//# sourceMappingURL=library.js.map", licence: "MIT" };
const SMALL = { videos: 40, labels: 6, epochs: 4 };

/** The page with empty scripts and styles. */
function withoutScripts(page: string): string {
  return page.replace(/(<(script|style)[^>]*>)[\s\S]*?<\/\2>/g, "$1</$2>");
}

function tagsOf(page: string): string[] {
  return [...withoutScripts(page).matchAll(/<(\/?[a-z][a-z0-9]*)(?:\s[^<>]*)?(\/?)>/g)].map(
    ([, name, end]) => `${name}${end}`,
  );
}

/** Elements that have no end. */
const VOID = ["meta"];

function expectWellFormed(page: string): void {
  const open: string[] = [];
  for (const tag of tagsOf(page)) {
    if (VOID.includes(tag)) continue;
    if (tag.startsWith("/")) expect(open.pop()).toBe(tag.slice(1));
    else open.push(tag);
  }
  expect(open).toEqual([]);
}

describe("a report", () => {
  const page = renderReport(smallRunReport(SMALL), LIBRARY);

  test("is one well-formed page, the same for the same run", () => {
    expect(page.startsWith("<!doctype html>")).toBe(true);
    expectWellFormed(page);
    expect(renderReport(smallRunReport(SMALL), LIBRARY)).toBe(page);
  });

  test("asks nothing of the network", () => {
    const addresses = [...page.matchAll(/(?:href|src|action|data)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.filter((address) => !address?.startsWith("#"))).toEqual([]);
    expect(/https?:|@import|url\(|sourceMappingURL/.exec(page)).toBeNull();
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`);
  });

  test("leads to each of its sections", () => {
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links).toEqual(["curves", "labels", "calibration", "mix-ups", "videos", "run"]);
    for (const id of links) expect(page).toContain(`<section id="${id}">`);
  });

  test("has a plot of each course with the best epoch marked, and a text for those who do not see it", () => {
    const plots = [...page.matchAll(/aria-label="([^"]*)" data-plot="([^"]*)"/g)].map(([, label = "", plot = ""]) => {
      return { label, plot: JSON.parse(plot.replaceAll("&quot;", '"')) as { mark?: object; series: object[] } };
    });
    expect(plots.map(({ label }) => label)).toEqual([
      "Loss. Over 4 epochs: train from 5 to 1.25; valid from 4.5 to 1.13.",
      "Hit@k. Over 4 epochs: Hit@1 from 0.25 to 0.25; Hit@3 from 0.5 to 0.5.",
      "Learning rate. Over 4 epochs: learning rate from 0.001 to 0.00025.",
      expect.stringMatching(/^Reliability. Expected calibration error 0\.\d{3} over 240 probabilities\.$/),
    ]);
    const mark = { x: 2, name: "best: epoch 2" };
    expect(plots.map(({ plot }) => plot.mark)).toEqual([mark, mark, mark, undefined]);
    expect(plots[0]?.plot.series).toEqual([
      { name: "train", colour: 1, points: [1, 2, 3, 4].map((epoch) => [epoch, 5 / epoch]) },
      { name: "valid", colour: 2, points: [1, 2, 3, 4].map((epoch) => [epoch, 4.5 / epoch]) },
    ]);
  });

  test("tells a row a label, with a button to sort each column of it", () => {
    const section = page.slice(page.indexOf('<section id="labels">'), page.indexOf('<section id="calibration">'));
    expect(section.match(/<tr>/g)).toHaveLength(7);
    expect([...section.matchAll(/<button type="button">([^<]*)</g)].map(([, title]) => title)).toEqual([
      "Label",
      "Support",
      "Average precision",
      "Precision",
      "Recall",
      "F1",
      "Threshold",
    ]);
  });

  test("shows the best and the worst videos, and where the model looked", () => {
    expect(page.match(/<article>/g)).toHaveLength(12);
    expect(page).toContain("Left out: the 28 videos in between.");
    expect(page).toContain("Image: 5 rows of features");
  });
});

test("nothing that comes from a file becomes markup or a script", () => {
  const page = renderReport(smallRunReport({ ...SMALL, text: HOSTILE }), LIBRARY);
  const tags = tagsOf(page);
  expect(tags.filter((tag) => tag === "script")).toHaveLength(2);
  expect(tags.filter((tag) => tag === "img")).toEqual([]);
  expectWellFormed(page);
  expect(/[\p{Bidi_Control}\0\p{Cs}]/u.exec(page)).toBeNull();
  // It is there to be read all the same: in the name, the keys, the labels, the titles and the warning.
  const shown = new Set([...page.matchAll(/<bdi>([A-Za-z ]+)\d*&lt;\/script&gt;/g)].map(([, before]) => before));
  expect([...shown].sort()).toEqual([
    "A warning",
    "batchSize",
    "label ",
    "name",
    "run",
    "seed",
    "title ",
    "train",
    "video ",
  ]);
});

describe("a report of a run of another size", () => {
  test.each([
    ["without an epoch", { videos: 3, labels: 2, epochs: 0 }],
    ["without a video", { videos: 0, labels: 2, epochs: 1 }],
    ["of one video and one label", { videos: 1, labels: 1, epochs: 1 }],
    ["of one row of features a video", { videos: 20, labels: 3, epochs: 1, rows: 1 }],
  ])("%s is a whole page", (_, sizes) => {
    const page = renderReport(smallRunReport(sizes), LIBRARY);
    expectWellFormed(page);
    expect(/NaN|undefined|Infinity/.exec(withoutScripts(page))).toBeNull();
  });

  test("of 1,500 videos with 300 rows of features stays small beside its library", async () => {
    const library = await readPlottingLibrary();
    const page = renderReport(smallRunReport({ videos: 1500, labels: 24, epochs: 50, rows: 300 }), library);
    expect(page.length - library.script.length).toBeLessThan(200_000);
    expect(page.length).toBeLessThan(450_000);
  });

  test("of 10,000 labels and 1,000 epochs lists a part and says what it left out", () => {
    const report = smallRunReport({ videos: 60, labels: 10_000, epochs: 1000, text: " of a long name".repeat(4) });
    const page = renderReport(report, LIBRARY);
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).toContain("Left out: the 9,600 labels with the least support.");
    expect(page).toContain("Left out: the first 700 epochs.");
    expect(page).toMatch(/Left out: [\d,]+ rarer pairs\./);
    expect(page).toMatch(/and \d+ more<\/dd>/);
  });
});

test("a library that would end its element is refused", () => {
  const report = smallRunReport(SMALL);
  for (const script of ["'</SCRIPT'", "a <!--b"]) {
    expect(() => renderReport(report, { ...LIBRARY, script })).toThrow(
      new RangeError("A script of a page must not hold </script or <!--."),
    );
  }
});

test("scores that are not one a label, or no probabilities, are refused", () => {
  const report = smallRunReport(SMALL);
  const withScores = (scores: Float32Array) => ({
    ...report,
    videos: report.videos.map((video, index) => (index === 2 ? { ...video, scores } : video)),
  });
  for (const scores of [new Float32Array(5), new Float32Array(6).fill(Number.NaN), new Float32Array(6).fill(1.5)]) {
    expect(() => renderReport(withScores(scores), LIBRARY)).toThrow(/video 2 /);
  }
  expect(() => renderReport({ ...report, thresholds: [0.5] }, LIBRARY)).toThrow(RangeError);
});
