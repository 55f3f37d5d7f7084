import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** Takes what is to be done when something is over. */
export type WhenOver = (work: () => void) => unknown;

/**
 * A new folder, whose name is as awkward as a user's may be.
 *
 * @param whenOver takes its removal: when the test is over, unless `whenSuiteIsOver` says otherwise
 */
export function temporaryFolder(whenOver: WhenOver = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "标签 tag's 50% "));
  whenOver(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** For folders that a suite shares; called where the suite is described, as hooks cannot be set while one runs. */
export function whenSuiteIsOver(): WhenOver {
  const works: (() => void)[] = [];
  afterAll(() => {
    for (const work of works) work();
  });
  return (work) => works.push(work);
}
