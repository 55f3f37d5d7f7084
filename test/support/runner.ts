import type { RunnerTestFile } from "vitest";
import { TestRunner } from "vitest";

/** Tags every test of a file called *.slow.test.ts as slow, as `describeOnBackends` tags suites on software WebGPU. */
export default class SlowFilesRunner extends TestRunner {
  override onCollectStart(file: RunnerTestFile): void {
    if (file.filepath.endsWith(".slow.test.ts")) file.tags = ["slow"];
    super.onCollectStart(file);
  }
}
