import { expect, test } from "vitest";
import { attentionBars } from "../../src/report/attention-bars.ts";
import { attendedRows } from "../../src/tagging/attended-rows.ts";

/** The rows of weights, a time apart if it is known. */
function rowsOf(weights: Float32Array, hopSeconds?: number) {
  return attendedRows({ image: weights }, hopSeconds === undefined ? {} : { image: { hopSeconds } })["image"] ?? [];
}

test("a bar for each row, the highest as high as the picture", () => {
  const { markup } = attentionBars(rowsOf(Float32Array.of(0.25, 0.5, 0, 0.25)), "Image");
  expect(markup).toContain('viewBox="0 0 4 40"');
  expect(markup).toContain('d="M0 40v-20h.8v20zM1 40v-40h.8v40zM2 40v-0h.8v0zM3 40v-20h.8v20z"');
  const text = "Image: 4 rows of features, most attention (50.0 %) on row 2.";
  expect(markup).toContain(`aria-label="${text}"`);
  expect(markup).toContain(`<p>${text}</p>`);
});

test("a long sequence is summed over as many rows a bar as it takes", () => {
  const weights = new Float32Array(1000).fill(0.0005);
  weights[503] = 0.5005;
  const { markup } = attentionBars(rowsOf(weights), "Audio");
  expect(markup).toContain('viewBox="0 0 200 40"');
  expect(markup.match(/M\d+ 40/g)).toHaveLength(200);
  expect(markup).toContain("Audio: 1,000 rows of features, most attention (50.3 %) on rows 501 to 505.");
  expect(markup).toContain("A bar is the sum of 5 rows.");
});

test("the last bar of a long sequence may stand for fewer rows", () => {
  const weights = new Float32Array(241);
  weights[240] = 1;
  expect(attentionBars(rowsOf(weights), "Image").markup).toContain("on row 241.");
});

test("no weight at all is no bar at all", () => {
  expect(attentionBars(rowsOf(new Float32Array(2)), "Image").markup).toContain('d="M0 40v-0h.8v0zM1 40v-0h.8v0z"');
});

test("rows whose time is known stand in seconds, from the first one's start to the last one's end", () => {
  const { markup } = attentionBars(rowsOf(Float32Array.of(0.25, 0.125, 0.5, 0.125), 0.96), "Audio");
  expect(markup).toContain("Audio: 4 rows of features in 3.84 s, most attention (50.0 %) from 1.92 s to 2.88 s.");
  expect(markup).toContain('<p class="ends"><span>0 s</span><span>3.84 s</span></p>');
  const long = new Float32Array(500);
  long[4] = 1;
  const { markup: summed } = attentionBars(rowsOf(long, 0.5), "Image");
  expect(summed).toContain("500 rows of features in 250 s, most attention (100.0 %) from 1.5 s to 3 s.");
});

test("rows whose time is not known are numbered from 1", () => {
  const { markup } = attentionBars(rowsOf(Float32Array.of(0.5, 0.5)), "Image");
  expect(markup).toContain('<p class="ends"><span>row 1</span><span>row 2</span></p>');
  expect(markup).not.toMatch(/\d s\b/);
});
