import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderReport } from "../../src/report/render-report.ts";
import { readPlottingLibrary, writeReport } from "../../src/runs/write-report.ts";
import { smallRunReport } from "../support/small-run-report.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("a report is written as one file with the library and its licence in it", async () => {
  const report = smallRunReport({ videos: 4, labels: 3, epochs: 2 });
  const file = join(temporaryFolder(), "report.html");
  await writeReport(file, report);
  const page = readFileSync(file, "utf8");
  const library = await readPlottingLibrary();
  expect(page).toBe(renderReport(report, library));
  expect(library.licence).toMatch(/^The MIT License[\s\S]*Chart\.js Contributors/);
  expect(page).toContain(library.licence.trim());
  expect(page).toContain("Chart.js v4");
});

test("a place that cannot be written to is a sentence", async () => {
  const folder = temporaryFolder();
  const report = smallRunReport({ videos: 1, labels: 1, epochs: 1 });
  await expect(writeReport(join(folder, "none", "report.html"), report)).rejects.toThrow(
    `${folder}/none: there is no such file or folder.`,
  );
});
