import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const PUBLIC = join(import.meta.dirname, "public");

/** Writes the service worker: it keeps every file of the page, under a name that changes with any of them. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    generateBundle(_, bundle) {
      const copied = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(PUBLIC.length + 1));
      const files = [...new Set(["./", "index.html", ...Object.keys(bundle), ...copied])].sort();
      const version = createHash("sha256");
      for (const file of Object.keys(bundle)) version.update(file);
      for (const file of copied) version.update(readFileSync(join(PUBLIC, file)));
      const source = readFileSync(join(import.meta.dirname, "service-worker.js"), "utf8")
        .replace("VERSION", version.digest("hex").slice(0, 16))
        .replace("[]", JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // The page may stand in any folder of a server.
  base: "./",
  plugins: [offline()],
  worker: { format: "es" },
  build: { target: "es2022", chunkSizeWarningLimit: 2000 },
});
