import { expect, test } from "vitest";
import { writePage } from "../../ablation/page.ts";
import { FULL_PLAN, type RowName } from "../../ablation/plan.ts";
import { drawVideos } from "../../ablation/planted-data.ts";
import { orderVerdict } from "../../ablation/published-order.ts";
import type { Result } from "../../ablation/results.ts";
import type { WorldResults } from "../../ablation/summary.ts";

const VIDEOS = 400;
const { setting } = FULL_PLAN;
const { valid } = drawVideos(1, setting.world, { train: 0, valid: VIDEOS });
const ORDER: readonly RowName[] = ["all, title mean + FC, self", "all, TextCNN, self", "all, TextCNN, text-guided"];

/** Models of a row that hit the first so many of their videos, one a seed. */
function models(row: RowName, hits: readonly number[]): Result[] {
  return hits.map((count, index) => ({
    ...{ world: 1, row, seed: index + 1, loss: 1, parameters: 1234, seconds: 50, processorSeconds: 40 },
    hits: "1"
      .repeat(count)
      .padEnd(count + 20, "2")
      .padEnd(VIDEOS, "-"),
    attention: { image: { label: 0.5, distractor: 0.375, noise: 0.125 } },
    attentionWithoutTitle: {},
    ...{ machine: "an abacus", setting },
  }));
}

function world(...rows: Result[][]): WorldResults {
  return { world: 1, results: rows.flat(), valid };
}

test.each([
  ["comes out with p < 0.01, in every single seed too", [200, 202], [240, 242], [280, 282]],
  ["comes out, but not with p < 0.01", [200, 202], [240, 242], [241, 300]],
  ["comes out with p < 0.01 over seeds and videos, but not in every single seed", [200, 202], [240, 242], [280, 247]],
  ["does not come out", [200, 202], [280, 282], [240, 242]],
  ["does not come out", [240, 242], [200, 202], [280, 282]],
])("the published order %s", (verdict, ...hits) => {
  const rows = world(...ORDER.map((name, index) => models(name, hits[index] as number[])));
  expect(orderVerdict(rows)).toContain(`**World 1: the published order ${verdict}.**`);
});

test("a row that is not trained leaves the order open", () => {
  const rows = world(models(ORDER[0] as RowName, [200]), models(ORDER[2] as RowName, [280]));
  expect(orderVerdict(rows)).toBe("World 1: not all rows of the order are trained.");
});

test("the page says what the results say, and no more", () => {
  const rows = world(
    models("all, TextCNN, self", [280, 284, 288]),
    models("all, TextCNN, text-guided", [320, 330, 340]),
  );
  const page = writePage(FULL_PLAN, [rows]);
  expect(page).toContain("Trained so far: 6 of 74 planned models.");
  expect(page).toContain("| all, TextCNN, self | 3 | 71.00 (1.00) | 76.00 (1.00) | 1234 | 50 | 40 |");
  expect(page).toContain("| all, TextCNN, text-guided | 3 | 82.50 (2.50) |");
  expect(page).toMatch(
    /\| 1 \| all, TextCNN, text-guided - all, TextCNN, self \| \+11\.50 \| .* \| 138 : 0 \| .* \| 3 of 3 \|/,
  );
  expect(page).toContain("| all, TextCNN, self | 71.00 (1.00) | 76.87 (1.46) | 79.71, 81.44 | -5.87 | 2.95 below |");
  expect(page).toContain("| all, TextCNN, text-guided | .50 / .38 / .13 |");
  expect(page).toContain("- an abacus\n");
  expect(page).not.toContain("| image + audio |");
  const untitled = valid.flatMap(({ title }, index) => (title === "" ? [index] : []));
  const hit = untitled.filter((index) => index < 330).length;
  const both = [320, 340].map((count) => untitled.filter((index) => index < count).length);
  const share = ((100 * (hit + (both[0] ?? 0) + (both[1] ?? 0))) / 3 / untitled.length).toFixed(2);
  const [line = ""] = page.match(/\| all, TextCNN, text-guided \| [0-9.]+ \| [0-9.]+ \| [0-9.]+ \| [0-9.]+ \|\n/) ?? [];
  expect(line.split(" | ")[2]).toBe(share);
});
