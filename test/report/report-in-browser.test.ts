import { beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../src/report/render-report.ts";
import { readPlottingLibrary } from "../../src/runs/write-report.ts";
import { BROWSER, runInBrowser } from "../support/headless-browser.ts";
import { HOSTILE, smallRunReport } from "../support/small-run-report.ts";

describe.skipIf(BROWSER === undefined)("a report in a browser", () => {
  let page: string;
  beforeAll(async () => {
    const report = smallRunReport({ videos: 30, labels: 5, epochs: 4, rows: 300, text: HOSTILE });
    page = renderReport(report, await readPlottingLibrary());
  });

  test.each([390, 1280])(
    "at %i pixels of width is no wider than its window and runs nothing of strangers",
    async (width) => {
      const script = `
      return { inner: innerWidth, content: document.documentElement.scrollWidth, owned: document.body.dataset.owned ?? "no",
        scripts: document.scripts.length, title: document.title.startsWith("run<" + "/script>") };`;
      const seen = (await runInBrowser(page, script, width)) as { inner: number; content: number };
      expect(seen).toMatchObject({ owned: "no", scripts: 3, title: true });
      expect(seen.inner).toBe(width);
      expect(seen.content).toBeLessThanOrEqual(seen.inner);
    },
  );

  test("draws every plot", async () => {
    const script = `
      return [...document.querySelectorAll("canvas")].map((canvas) => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const { data, scales } = Chart.getChart(canvas);
        return { drawn: pixels.some((value) => value > 0), from: scales.y.min,
          series: data.datasets.map(({ label, data }) => [label, data.length]) };
      });`;
    expect(await runInBrowser(page, script, 1280)).toEqual([
      {
        drawn: true,
        from: expect.any(Number),
        series: [
          ["train", 4],
          ["valid", 4],
        ],
      },
      {
        drawn: true,
        from: 0,
        series: [
          ["Hit@1", 4],
          ["Hit@3", 4],
        ],
      },
      { drawn: true, from: 0, series: [["learning rate", 4]] },
      {
        drawn: true,
        from: 0,
        series: [
          ["perfect", 2],
          ["this model", expect.any(Number)],
        ],
      },
    ]);
  });

  test("sorts a table by the column whose header is pressed, and the other way when it is pressed again", async () => {
    const script = `
      const table = document.querySelector("#labels table");
      const headers = [...table.tHead.rows[0].cells];
      const column = (index) => [...table.tBodies[0].rows].map((row) => row.cells[index].textContent.slice(0, 7));
      const press = (index) => {
        headers[index].querySelector("button").click();
        return { order: headers.map((header) => header.getAttribute("aria-sort")).join(" ").trim(), values: column(index) };
      };
      return { support: press(1), ascending: press(1), label: press(0), descending: press(0) };`;
    type Pressed = { order: string; values: string[] };
    const pressed = (await runInBrowser(page, script, 1280)) as Record<string, Pressed>;
    const { support, ascending, label, descending } = pressed as Record<
      "support" | "ascending" | "label" | "descending",
      Pressed
    >;
    const numbers = support.values.map(Number);
    expect(new Set(numbers).size).toBeGreaterThan(1);
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
    expect(ascending.values.map(Number)).toEqual(numbers.toSorted((a, b) => a - b));
    const labels = ["label 0", "label 1", "label 2", "label 3", "label 4"];
    expect(label.values).toEqual(labels);
    expect(descending.values).toEqual(labels.toReversed());
    expect([support, ascending, label, descending].map(({ order }) => order)).toEqual([
      "descending",
      "ascending",
      "ascending",
      "descending",
    ]);
  });

  test("sorts what is no number last, whichever way", async () => {
    const script = `
      const headers = [...document.querySelector("#labels table").tHead.rows[0].cells];
      const body = document.querySelector("#labels table").tBodies[0];
      body.rows[1].cells[2].dataset.value = "";
      const press = () => {
        headers[2].querySelector("button").click();
        return [...body.rows].map((row) => row.cells[2].dataset.value).indexOf("");
      };
      return [press(), press()];`;
    expect(await runInBrowser(page, script, 1280)).toEqual([4, 4]);
  });
});
