import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FULL_PLAN, SMOKE_PLAN } from "../../ablation/plan.ts";
import { appendResult, type Result, readResults } from "../../ablation/results.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { setting } = FULL_PLAN;
const result = { world: 1, row: "image", seed: 2, hits: "12-", setting } as Result;

test("results are a line each, and come back", async () => {
  const file = join(temporaryFolder(), "results.jsonl");
  expect(await readResults(file, setting)).toEqual([]);
  await appendResult(file, result);
  await appendResult(file, { ...result, seed: 3 });
  expect((await readFile(file, "utf8")).split("\n")).toHaveLength(3);
  expect(await readResults(file, setting)).toEqual([result, { ...result, seed: 3 }]);
});

test("results of another setting, the same twice, and half a line are refused by name", async () => {
  const file = join(temporaryFolder(), "results.jsonl");
  await appendResult(file, result);
  await expect(readResults(file, SMOKE_PLAN.setting)).rejects.toThrow(
    `${file}, line 1: it was made with another setting`,
  );
  await appendResult(file, result);
  await expect(readResults(file, setting)).rejects.toThrow(
    `${file}, line 2: world 1, image, seed 2 stands there already`,
  );
  const cut = join(temporaryFolder(), "results.jsonl");
  await appendFile(cut, JSON.stringify(result).slice(0, 40));
  await expect(readResults(cut, setting)).rejects.toThrow(`${cut}, line 1: it is no JSON`);
});
