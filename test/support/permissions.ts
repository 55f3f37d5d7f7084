import { accessSync, chmodSync, constants, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether a folder's permissions keep this process from writing to it: they do not keep root. */
export const permissionsCount: boolean = (() => {
  const folder = mkdtempSync(join(tmpdir(), "permissions-"));
  chmodSync(folder, 0o500);
  try {
    accessSync(folder, constants.W_OK);
    return false;
  } catch {
    return true;
  } finally {
    rmdirSync(folder);
  }
})();
