import { expect, test } from "vitest";
import { attentionBars } from "../../src/report/attention-bars.ts";

test("a bar for each row, the highest as high as the picture", () => {
  const { markup } = attentionBars(Float32Array.of(0.25, 0.5, 0, 0.25), "Image");
  expect(markup).toContain('viewBox="0 0 4 40"');
  expect(markup).toContain('d="M0 40v-20h.8v20zM1 40v-40h.8v40zM2 40v-0h.8v0zM3 40v-20h.8v20z"');
  const text = "Image: 4 rows of features, most attention (50.0 %) on row 2.";
  expect(markup).toContain(`aria-label="${text}"`);
  expect(markup).toContain(`<p>${text}</p>`);
});

test("a long sequence is summed over as many rows a bar as it takes", () => {
  const weights = new Float32Array(1000).fill(0.0005);
  weights[503] = 0.5005;
  const { markup } = attentionBars(weights, "Audio");
  expect(markup).toContain('viewBox="0 0 200 40"');
  expect(markup.match(/M\d+ 40/g)).toHaveLength(200);
  expect(markup).toContain("Audio: 1000 rows of features, most attention (50.3 %) on rows 501 to 505.");
  expect(markup).toContain("A bar is the sum of 5 rows.");
});

test("the last bar of a long sequence may stand for fewer rows", () => {
  const weights = new Float32Array(241);
  weights[240] = 1;
  expect(attentionBars(weights, "Image").markup).toContain("on row 241.");
});

test("no weight at all is no bar at all", () => {
  expect(attentionBars(new Float32Array(2), "Image").markup).toContain('d="M0 40v-0h.8v0zM1 40v-0h.8v0z"');
});
