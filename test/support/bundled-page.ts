import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { launchChromium } from "./chromium.ts";
import { type PageServer, servePages } from "./page-server.ts";

/** A page of this project, bundled and served as its readers get it, and a browser to read it in. */
export class BundledPage {
  readonly #folder: string;
  readonly #server: PageServer;
  readonly #browser: Browser;
  readonly #errors: string[] = [];

  private constructor(folder: string, server: PageServer, browser: Browser) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  /**
   * @param root the folder of the page's index.html
   * @param beside folders that stand beside it on the server, by their names there
   */
  static async open(
    root: string,
    { hasWebGpu, beside = {} }: { readonly hasWebGpu: boolean; readonly beside?: Readonly<Record<string, string>> },
  ): Promise<BundledPage> {
    const folder = mkdtempSync(join(tmpdir(), "page-"));
    await bundle(root, folder);
    for (const [name, path] of Object.entries(beside)) cpSync(path, join(folder, name), { recursive: true });
    return new BundledPage(folder, await servePages(folder), await launchChromium({ hasWebGpu }));
  }

  /** Where the page is served. */
  get address(): string {
    return this.#server.address;
  }

  /** All files that are served, but the service worker, which is no part of the page. */
  files(): string[] {
    const entries = readdirSync(this.#folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const files = entries.map(({ parentPath, name }) => join(parentPath, name).slice(this.#folder.length + 1));
    return files.filter((file) => file !== "service-worker.js");
  }

  /**
   * A tab that shows the page. What goes wrong in it is kept for `errors`.
   *
   * @param prepare what is done to the tab before it loads the page
   */
  async newTab(options: BrowserContextOptions = {}, prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const context = await this.#browser.newContext(options);
    const page = await context.newPage();
    await prepare?.(page);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#errors.push(message.text());
    });
    page.on("pageerror", (error) => this.#errors.push(error.message));
    page.on("requestfailed", (request) => this.#errors.push(`${request.url()}: ${request.failure()?.errorText}`));
    await page.goto(this.address);
    return page;
  }

  /** What tabs complained of since they were asked last. */
  takeErrors(): string[] {
    return this.#errors.splice(0);
  }

  /** Ends the server: the network is gone. */
  stopServing(): void {
    this.#server.close();
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Bundles as the command line does: vitest's NODE_ENV would make a page for developers. */
async function bundle(root: string, outDir: string): Promise<void> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await build({ root, logLevel: "error", build: { outDir, target: "es2022", chunkSizeWarningLimit: 4000 } });
  } finally {
    process.env["NODE_ENV"] = before;
  }
}
