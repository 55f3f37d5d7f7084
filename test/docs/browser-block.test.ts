import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./code-blocks.ts";

const PAGE = "docs/guides/browser.md";

/** How the page's blocks choose a backend: each line that does, behind the first block's imports of TensorFlow.js. */
function backendChoices(): string[] {
  const lines = readFileSync(join(ROOT, PAGE), "utf8").split("\n");
  const choices = lines.filter((line) => line.includes('tf.setBackend("webgpu")')).map((line) => line.trim());
  const first = lines.slice(0, lines.indexOf(choices[0] as string));
  const imports = first.filter((line) => /^import .*"@tensorflow\/tfjs-/.test(line));
  return choices.map((choice) => [...imports, choice].join("\n"));
}

/** The backend that a choice ends with; WebGL, which Node has not, is played by the cpu backend. */
function chosenBackend(block: string, before: string): string {
  const webgl = 'import "@tensorflow/tfjs-backend-cpu";\ntf.registerBackend("webgl", tf.findBackendFactory("cpu"));';
  const choice = block.replace('import "@tensorflow/tfjs-backend-webgl";', `${webgl}\n${before}`);
  expect(choice).toContain(webgl);
  const program = `${choice}\nconsole.log(tf.getBackend());`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

describe.each(backendChoices().map((choice, index) => [index + 1, choice] as const))(
  `choice %i in ${PAGE}`,
  (_, choice) => {
    test.each([
      ["has no WebGPU at all", ""],
      [
        "has WebGPU and no adapter",
        'tf.registerBackend("webgpu", async () => { throw new Error("There is no adapter."); }, 3);',
      ],
    ])("takes WebGL where the browser %s", (_case, before) => {
      expect(chosenBackend(choice, before)).toBe("webgl\n");
    });

    test("takes WebGPU where the browser has it", () => {
      expect(chosenBackend(choice, 'tf.registerBackend("webgpu", tf.findBackendFactory("cpu"), 3);')).toBe("webgpu\n");
    });
  },
);

test("the page chooses a backend twice: on the page, and in a worker", () => {
  expect(backendChoices().length).toBe(2);
});
