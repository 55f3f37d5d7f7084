import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A browser of this machine that runs without a screen; undefined when there is none. */
export const BROWSER: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find(existsSync);

/**
 * Opens a page and runs a script behind its own. The page stands in a frame, as a browser's window cannot be as narrow as
 * a telephone.
 *
 * @param page ends with a body
 * @param script the body of a function, which returns what JSON can tell
 * @param width of the frame, in pixels
 * @returns what the script returned
 */
export async function runInBrowser(page: string, script: string, width: number): Promise<unknown> {
  const report = `<script>parent.postMessage(encodeURIComponent(JSON.stringify((() => {${script}})())), "*");</script>`;
  const frame = `<body><script>onmessage = ({ data }) => { document.body.dataset.result = data; };</script>
<iframe src="page.html" width="${width}" height="900" style="border: 0"></iframe></body>`;
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  try {
    writeFileSync(join(folder, "frame.html"), frame);
    writeFileSync(
      join(folder, "page.html"),
      page.replace(/<\/body>\s*<\/html>\s*$/, () => `${report}</body></html>`),
    );
    const options = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(folder, "profile")}`];
    const words = [...options, "--virtual-time-budget=10000", "--dump-dom", `file://${join(folder, "frame.html")}`];
    const { stdout } = await promisify(execFile)(BROWSER as string, words, { maxBuffer: 2 ** 26 });
    const result = /<body[^>]* data-result="([^"]*)"/.exec(stdout)?.[1];
    if (result === undefined) throw new Error("The page's script did not come to its end.");
    return JSON.parse(decodeURIComponent(result));
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 100 });
  }
}
