import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SampleVideo } from "../../examples/browser/src/sample-videos.ts";
import { decodeFeatureFile } from "../../src/data/decoded-features.ts";
import { useBackend } from "../../src/node/backend.ts";
import { loadTagger } from "../../src/node/tagger-folder.ts";
import type { TaggedVideo } from "../../src/tagging/tagged-video.ts";
import type { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { BundledPage } from "../support/bundled-page.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { BROWSER } from "../support/headless-browser.ts";
import { expectClose } from "../support/tensors.ts";

const DEMO = new URL("../../examples/browser", import.meta.url).pathname;
const ASSETS = `${DEMO}/public`;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SAMPLES = JSON.parse(readFileSync(`${ASSETS}/videos/samples.json`, "utf8")) as SampleVideo[];
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** Software graphics compile their programs slowly. */
const PATIENCE = { timeout: 240_000 };

describe.skipIf(BROWSER === undefined)("The page", PATIENCE, () => {
  let site: BundledPage;
  let tagger: VideoTagger;

  beforeAll(async () => {
    await useBackend("cpu");
    tagger = await loadTagger(`${ASSETS}/tagger`);
    site = await BundledPage.open(DEMO, { hasWebGpu: true });
  });

  afterAll(async () => {
    tagger?.dispose();
    await site?.close();
  });

  afterEach(() => {
    expect(site.takeErrors()).toEqual([]);
  });

  /** What Node says of one of the page's videos under a title. */
  async function expectedOf(sample: SampleVideo, title: string): Promise<TaggedVideo> {
    const { rows } = decodeFeatureFile(readFileSync(`${ASSETS}/videos/${sample.file}`), { file: sample.file });
    return (await tagger.tag([{ texts: { text: title }, rows }]))[0] as TaggedVideo;
  }

  /** Compares what the page shows with what Node says: the tags, every score shown, every bar of attention. */
  async function expectShown(page: Page, { tags, scores, attention }: TaggedVideo): Promise<void> {
    const inWords = tags.map(({ label, score }) => `${label} ${Math.round(100 * score)}\u202f%`).join(", ");
    const shown = inWords || "No label reaches the score that would make a tag of it";
    const summary = page.locator("#summary");
    await summary.filter({ hasText: shown }).waitFor({ ...PATIENCE, state: "attached" });
    await isIdle(page);
    expect(await summary.textContent()).toBe(`${shown}.`);
    const rows = page.locator("#tags li");
    expect(await rows.count()).toBe(5);
    for (const row of await rows.all()) {
      const label = ((await row.locator(".label").textContent()) as string).replace(" as labelled", "");
      const bar = Number(await row.locator(".bar").evaluate((element) => element.style.getPropertyValue("--score")));
      expectClose([bar], [scores[tagger.labels.indexOf(label)] as number], 1e-4, label);
    }
    for (const [place, weights] of [attention["image"], attention["audio"]].entries()) {
      const heights = await page.locator(".timeline svg").nth(place).evaluate(heightsOf);
      const highest = Math.max(...(weights as Float32Array));
      expectClose(
        heights,
        [...(weights as Float32Array)].map((weight) => weight / highest),
        1e-3,
        "attention",
      );
    }
  }

  test("shows what Node computes, on every backend, and how long it took", { tags: ["slow"] }, async () => {
    const page = await site.newTab();
    const [first] = SAMPLES as [SampleVideo];
    const expected = await expectedOf(first, first.title);
    await expectShown(page, expected);
    // The software adapter is no reason to choose WebGPU.
    expect(await page.getByRole("radio", { name: "WASM" }).isChecked()).toBe(true);
    for (const backend of ["WebGPU", "WebGL", "WASM"]) {
      await page.getByRole("radio", { name: backend }).check();
      await isIdle(page);
      await expectShown(page, expected);
      expect(await page.getByRole("radio", { name: backend }).isChecked()).toBe(true);
      const timings = await page.locator("#timings dd").allTextContents();
      expect(timings).toHaveLength(4);
      for (const timing of timings) expect(timing).toMatch(/^\d+(\.\d)?\u202fms$/);
    }
    await page.context().close();
  });

  test("follows the title while it is typed, for each of its videos", async () => {
    const page = await site.newTab(PHONE);
    for (const [index, sample] of SAMPLES.entries()) {
      await page.getByRole("radio", { name: String(index + 1) }).check();
      await expectShown(page, await expectedOf(sample, sample.title));
      expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe(sample.title);
    }
    const last = SAMPLES.at(-1) as SampleVideo;
    await page.getByLabel("Title", { exact: true }).fill("");
    await page.getByLabel("Title", { exact: true }).pressSequentially("my kitty song today", { delay: 15 });
    await expectShown(page, await expectedOf(last, "my kitty song today"));
    await page.getByRole("button", { name: "no title" }).click();
    await expectShown(page, await expectedOf(last, ""));
    await page.context().close();
  });

  test("can be used with the keyboard alone", async () => {
    const page = await site.newTab();
    const [first, second] = SAMPLES as [SampleVideo, SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    const buttons = await page.locator("#suggestions button").allTextContents();
    const stops: string[] = [];
    for (let stop = 0; stop < 4 + buttons.length; stop++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(nameOfFocus));
      expect(await page.evaluate(isFocusVisible), stops.at(-1) as string).toBe(true);
    }
    expect(stops).toEqual(["1", "Title", ...buttons, "WASM", "Your own file"]);
    for (const _ of stops.slice(1)) await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("ArrowRight");
    await expectShown(page, await expectedOf(second, second.title));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("house music");
    await expectShown(page, await expectedOf(second, "house music"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expectShown(page, await expectedOf(second, second.title));
    await page.context().close();
  });

  test.each(
    [1280, 390, 320].flatMap((width) => (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme }))),
  )("is accessible and needs no sideways scrolling: $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const page = await site.newTab({ viewport: { width, height: 800 }, colorScheme });
    await page.locator(".timeline").first().waitFor(PATIENCE);
    await page.getByRole("radio", { name: "WASM" }).focus();
    await page.locator("#files").setInputFiles(badFile("truncated.pkl"));
    await page.getByRole("alert").waitFor();
    await isIdle(page);
    await page.addScriptTag({ path: AXE });
    expect(await page.evaluate(runAxe)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.context().close();
  });

  test("says in a sentence what is wrong with a file, and goes on", async () => {
    const page = await site.newTab();
    const [first] = SAMPLES as [SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    for (const [files, sentence] of [
      [["truncated.pkl"], /^truncated\.pkl.*\.$/],
      [["code_os_system.pkl"], /^code_os_system\.pkl.*\.$/],
      [["empty.pkl"], /^empty\.pkl.*\.$/],
      [["wrong_width.pkl"], /^wrong_width\.pkl.*32.*\.$/],
      [["text.pkl", "empty.pkl"], /^One feature file at a time, please\. Got 2\.$/],
    ] as const) {
      await page.locator("#files").setInputFiles(files.map(badFile));
      await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
      await isIdle(page);
    }
    await page.locator("#files").setInputFiles(`${DEMO}/README.md`);
    await page
      .getByRole("alert")
      .filter({ hasText: /^README\.md: expected a feature file/ })
      .waitFor();
    await page.getByRole("button", { name: "cat house" }).click();
    await expectShown(page, await expectedOf(first, "cat house"));
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test("takes a feature file of one's own, which has a title of its own, and a tagger", async () => {
    const page = await site.newTab();
    const title = page.getByLabel("Title", { exact: true });
    const [first, second] = SAMPLES as [SampleVideo, SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    await page.locator("#files").setInputFiles(`${ASSETS}/videos/${second.file}`);
    await expectShown(page, await expectedOf(second, ""));
    await expectHeading(page, `Tags of ${second.file}`);
    expect(await title.inputValue()).toBe("");
    expect(await page.getByRole("radio", { name: second.file }).isChecked()).toBe(true);
    expect(await page.locator(".scenes").count()).toBe(0);
    expect(await page.locator("#suggestions button").count()).toBe(0);
    await page.getByText("A feature file holds no title.").waitFor();

    // Its title comes back with it; that of another file does not.
    await title.fill("my kitty song today");
    await expectShown(page, await expectedOf(second, "my kitty song today"));
    await page.getByRole("radio", { name: "1", exact: true }).check();
    await expectShown(page, await expectedOf(first, first.title));
    await page.getByRole("radio", { name: second.file }).check();
    await expectShown(page, await expectedOf(second, "my kitty song today"));
    expect(await title.inputValue()).toBe("my kitty song today");
    await drop(page, `${ASSETS}/videos/${first.file}`);
    await expectShown(page, await expectedOf(first, ""));
    await drop(page, `${ASSETS}/videos/${second.file}`);
    await expectShown(page, await expectedOf(second, ""));

    const manifest = readFileSync(`${ASSETS}/tagger/tagger.json`);
    await page.locator("#files").setInputFiles([{ name: "tagger.json", mimeType: "", buffer: manifest }]);
    await page
      .getByRole("alert")
      .filter({ hasText: /^weights-.*\.safetensors: there is no such file\.$/ })
      .waitFor();
    // A tagger and a file at once: the video before need not fit.
    await page.locator("#files").setInputFiles([...(await taggerFiles()), `${ASSETS}/videos/${first.file}`]);
    await isIdle(page);
    await page.getByText("Your tagger has 49,426 weights, 24 labels.").waitFor();
    await expectShown(page, await expectedOf(first, ""));
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test("goes back to the video and the title before, if a file is broken", async () => {
    const page = await site.newTab();
    const title = page.getByLabel("Title", { exact: true });
    const [first, second] = SAMPLES as [SampleVideo, SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    await title.fill("my kitty song today");
    await expectShown(page, await expectedOf(first, "my kitty song today"));
    await page.locator("#files").setInputFiles(badFile("truncated.pkl"));
    await page.getByRole("alert").waitFor();
    await isIdle(page);
    expect(await title.inputValue()).toBe("my kitty song today");
    await expectHeading(page, "Tags of video 1");
    await expectShown(page, await expectedOf(first, "my kitty song today"));
    expect(await page.locator("#videos input").count()).toBe(SAMPLES.length);

    await page.locator("#files").setInputFiles(`${ASSETS}/videos/${second.file}`);
    await expectShown(page, await expectedOf(second, ""));
    await title.fill("cat house");
    await expectShown(page, await expectedOf(second, "cat house"));
    await page.locator("#files").setInputFiles(badFile("truncated.pkl"));
    await page.getByRole("alert").waitFor();
    await isIdle(page);
    expect(await page.getByRole("radio", { name: second.file }).isChecked()).toBe(true);
    expect(await title.inputValue()).toBe("cat house");
    await expectHeading(page, `Tags of ${second.file}`);
    await page.context().close();
  });

  test("tags no video with another one's title, however fast one clicks", async () => {
    const page = await site.newTab({}, patchWorker(`if (name === "tag") block(2000);`));
    const [first, second, third] = SAMPLES as [SampleVideo, SampleVideo, SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    await page.evaluate(keepHeadings);
    await page.getByRole("radio", { name: "2", exact: true }).check();
    await page.getByText("computing").waitFor();
    await page.getByRole("radio", { name: "3", exact: true }).check();
    await page.getByRole("radio", { name: "1", exact: true }).check();
    await page.getByRole("radio", { name: "3", exact: true }).check();
    await expectShown(page, await expectedOf(third, third.title));
    expect(second.title).not.toBe(third.title);
    expect(await page.evaluate(() => headings)).toEqual(["Tags of video 3"]);
    await page.context().close();
  });

  test("can be stopped while it tags, with the keyboard, and goes on", async () => {
    const page = await site.newTab({}, patchWorker(`if (request.title === "endless") block(Infinity);`));
    const title = page.getByLabel("Title", { exact: true });
    const [first] = SAMPLES as [SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    await title.fill("endless");
    const stop = page.getByRole("button", { name: "Stop" });
    await stop.waitFor();
    await page.getByRole("status").filter({ hasText: "computing…" }).waitFor();
    await stop.focus();
    expect(await page.evaluate(isFocusVisible)).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "stopped" }).waitFor();
    await isIdle(page);
    expect(await stop.count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("result-heading");
    // No tags may look as if they were of this title; the title itself is not lost.
    await page.getByText("Nothing was computed.").waitFor();
    expect(await page.locator("#tags li").count()).toBe(0);
    await expectHeading(page, "Tags");
    expect(await title.inputValue()).toBe("endless");
    await title.fill("cat house");
    await expectShown(page, await expectedOf(first, "cat house"));
    expect(await page.getByRole("status").filter({ hasText: "stopped" }).count()).toBe(0);
    await page.context().close();
  });

  test("can be stopped while another backend starts, and keeps the one before", async () => {
    const page = await site.newTab({}, patchWorker(`if (request.backend === "webgl") block(Infinity);`));
    const [first] = SAMPLES as [SampleVideo];
    const expected = await expectedOf(first, first.title);
    await expectShown(page, expected);
    await page.getByRole("radio", { name: "WebGL" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await isIdle(page);
    expect(await page.getByRole("radio", { name: "WASM" }).isChecked()).toBe(true);
    await expectShown(page, expected);
    // Nor has one to wait for it when one wants another.
    await page.getByRole("radio", { name: "WebGL" }).click();
    await page.getByText("computing").waitFor();
    await page.getByRole("radio", { name: "WASM" }).click();
    await expectShown(page, expected);
    expect(await page.getByRole("radio", { name: "WASM" }).isChecked()).toBe(true);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test("says when the worker dies, shows no stale tags, and makes another", async () => {
    const crash = `if (request.title === "crash") throw new Error("out of memory");`;
    const page = await site.newTab({}, patchWorker(crash));
    const title = page.getByLabel("Title", { exact: true });
    const [first] = SAMPLES as [SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    await title.fill("crash");
    await page
      .getByRole("alert")
      .filter({ hasText: /^The computation stopped: .*out of memory\.$/ })
      .waitFor();
    await isIdle(page);
    expect(await page.locator("#tags li").count()).toBe(0);
    await title.fill("cat house");
    await expectShown(page, await expectedOf(first, "cat house"));
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test("takes WASM where WebGPU promises a graphics card and does not start", async () => {
    const page = await site.newTab({}, async (tab) => {
      await patchWorker(`if (request.backend === "webgpu") throw new Error("no device");`)(tab);
      await tab.addInitScript(() => {
        navigator.gpu.requestAdapter = async () => ({ info: { isFallbackAdapter: false } }) as GPUAdapter;
      });
    });
    const [first] = SAMPLES as [SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    expect(await page.getByRole("radio", { name: "WASM" }).isChecked()).toBe(true);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test("tags files of one's own where its videos could not be loaded", async () => {
    const page = await site.newTab({}, async (tab) => {
      await tab.route("**/samples.json", (route) => route.fulfill({ status: 404 }));
    });
    const [first] = SAMPLES as [SampleVideo];
    const sentence = "The page's own file samples.json could not be loaded. Is the network gone?";
    await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
    await page.getByText("No video is open.").waitFor();
    await isIdle(page);
    expect(site.takeErrors()).toContainEqual(expect.stringContaining("404"));
    await page.locator("#files").setInputFiles(`${ASSETS}/videos/${first.file}`);
    await expectShown(page, await expectedOf(first, ""));
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });

  test.each(["light", "dark"] as const)("shows choice and bars in forced colours, %s", async (colorScheme) => {
    const page = await site.newTab({ forcedColors: "active", colorScheme });
    const [first] = SAMPLES as [SampleVideo];
    await expectShown(page, await expectedOf(first, first.title));
    const chosen = await colourIn(page, page.locator("#videos label").first(), 0.15);
    const other = await colourIn(page, page.locator("#videos label").nth(1), 0.15);
    expect(chosen).not.toBe(other);
    const bar = page.locator(".tag .bar").first();
    expect(await colourIn(page, bar, 0.1)).not.toBe(await colourIn(page, bar, 0.999));
    for (const name of ["tag", "no tag"]) {
      const row = page.locator(name === "tag" ? "#tags li.tag" : "#tags li:not(.tag)").first();
      const fill = await row.locator(".bar i").evaluate((element) => getComputedStyle(element).backgroundColor);
      const behind = await row.locator(".bar").evaluate((element) => getComputedStyle(element).backgroundColor);
      expect(fill, name).not.toBe(behind);
    }
    const highest = await page
      .locator(".timeline .highest")
      .first()
      .evaluate((element) => getComputedStyle(element).fill);
    const lower = await page
      .locator(".timeline rect:not(.highest)")
      .first()
      .evaluate((element) => getComputedStyle(element).fill);
    expect(highest).not.toBe(lower);
    await page.context().close();
  });
});

describe.skipIf(BROWSER === undefined)("The page without a graphics card", PATIENCE, () => {
  const chromiumSays = "No available adapters.";
  let site: BundledPage;

  beforeAll(async () => {
    site = await BundledPage.open(DEMO, { hasWebGpu: false });
  });

  afterAll(() => site?.close());

  afterEach(() => {
    expect(site.takeErrors().filter((error) => error !== chromiumSays)).toEqual([]);
  });

  test("says that there is no WebGPU, and goes on with what it had", async () => {
    const page = await site.newTab();
    await page.locator(".timeline").first().waitFor(PATIENCE);
    // Not check(), which would want it to stay chosen.
    await page.getByRole("radio", { name: "WebGPU" }).click();
    const sentence = "WebGPU cannot be used: this browser offers no graphics card to WebGPU.";
    await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
    await isIdle(page);
    expect(await page.getByRole("radio", { name: "WASM" }).isChecked()).toBe(true);
    expect(await page.locator(".timeline").count()).toBe(2);
    await page.context().close();
  });

  test("works without a network once it was loaded", async () => {
    const page = await site.newTab();
    await page.locator(".timeline").first().waitFor(PATIENCE);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.context().setOffline(true);
    site.stopServing();
    await page.reload();
    await page.locator(".timeline").first().waitFor(PATIENCE);
    await page.getByRole("radio", { name: "4" }).check();
    await page.getByRole("button", { name: "cat house" }).click();
    await page
      .locator("#summary")
      .filter({ hasText: "cat house/night/quiet" })
      .waitFor({ ...PATIENCE, state: "attached" });
    await isIdle(page);
    // Whatever else the page may ask for, such as another backend, is there too.
    const missing = await page.evaluate(async (files) => {
      const kept = await Promise.all(files.map((file) => caches.match(file)));
      return files.filter((_, index) => kept[index] === undefined);
    }, site.files());
    expect(missing).toEqual([]);
    expect(site.files().filter((file) => /\.(?:wasm|pkl|safetensors)$/.test(file))).toHaveLength(3 + 6 + 1);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.context().close();
  });
});

function badFile(name: string): string {
  return goldenPath(`bad-features/${name}`);
}

async function taggerFiles(): Promise<string[]> {
  const manifest = JSON.parse(readFileSync(`${ASSETS}/tagger/tagger.json`, "utf8"));
  return ["tagger.json", manifest.weights.file, manifest.texts.text.vocabulary.file].map(
    (file) => `${ASSETS}/tagger/${file}`,
  );
}

async function isIdle(page: Page): Promise<void> {
  await page.locator('#answer[aria-busy="false"]').waitFor(PATIENCE);
}

async function expectHeading(page: Page, text: string): Promise<void> {
  expect((await page.locator("#result-heading").textContent())?.trim()).toBe(text);
}

/** Drops a file on the page, as from a folder's window. */
async function drop(page: Page, path: string): Promise<void> {
  const bytes = [...readFileSync(path)];
  const files = await page.evaluateHandle(
    ([name, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(content)], name));
      return transfer;
    },
    [basename(path), bytes] as const,
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: files });
}

/**
 * Runs statements in the page's worker before it answers a question.
 *
 * @param statements may read `name` and `request` of the question, and `block(milliseconds)`, as a computation does
 */
function patchWorker(statements: string): (page: Page) => Promise<void> {
  const patch = `
const block = (milliseconds) => { const end = Date.now() + milliseconds; while (Date.now() < end); };
self.addEventListener("message", ({ data: { name, request } }) => { ${statements} });
`;
  return async (page) => {
    await page.context().route(/\/tagging-worker-[^/]*\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${patch}${await response.text()}` });
    });
  };
}

declare const headings: string[];

/** Keeps what the heading of the tags says from now on, each time that it changes. */
function keepHeadings(): void {
  const heading = document.getElementById("result-heading") as HTMLElement;
  const kept: string[] = [];
  Object.assign(globalThis, { headings: kept });
  let last = heading.textContent;
  new MutationObserver(() => {
    if (heading.textContent !== last) kept.push(heading.textContent);
    last = heading.textContent;
  }).observe(heading, { subtree: true, childList: true, characterData: true });
}

/** The colour of the pixel at a share of an element's width, in the middle of its height. */
async function colourIn(page: Page, element: Locator, share: number): Promise<string> {
  await element.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await element.boundingBox()) as NonNullable<
    Awaited<ReturnType<Locator["boundingBox"]>>
  >;
  const clip = { x: Math.floor(x + share * width), y: Math.floor(y + height / 2), width: 1, height: 1 };
  const picture = await page.screenshot({ clip });
  return page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const context = new OffscreenCanvas(1, 1).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.drawImage(bitmap, 0, 0);
    return String(context.getImageData(0, 0, 1, 1).data);
  }, picture.toString("base64"));
}

/** The height of each bar, the highest 1. */
function heightsOf(plot: Element): number[] {
  const [, , , height] = (plot.getAttribute("viewBox") as string).split(" ").map(Number);
  return [...plot.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("height")) / (height as number));
}

function nameOfFocus(): string {
  const focused = document.activeElement as HTMLInputElement;
  const label = focused.labels?.[0];
  return (label?.querySelector("strong") ?? label ?? focused).textContent.trim();
}

/** Whether something around the focused element, or beside it where that is invisible, shows an outline. */
function isFocusVisible(): boolean {
  const focused = document.activeElement as HTMLElement;
  const shown = [focused, focused.nextElementSibling].filter((element) => element !== null);
  return shown.some((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  });
}

declare const axe: {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
};

async function runAxe(): Promise<string[]> {
  const { violations } = await axe.run();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
