// Reads every file of a folder as a feature file of widths 6 and 4 and prints, as JSON, what each one gave. Run as a
// program of its own, in a small heap, so that a file that asks for much memory brings down this one only.
import { readdirSync, readFileSync } from "node:fs";
import { FormatError, readFeatureFile } from "../../../src/formats/index.ts";

const folder = process.argv[2] ?? "";
const before = process.resourceUsage().maxRSS;
const results = readdirSync(folder).map((name) => {
  const bytes = readFileSync(`${folder}/${name}`);
  const start = performance.now();
  let message = "";
  try {
    readFeatureFile(bytes, { file: `bad/${name}`, imageSize: 6, audioSize: 4 });
  } catch (error) {
    message = error instanceof FormatError ? error.message : `not a FormatError: ${error}`;
  }
  return { name, message, milliseconds: performance.now() - start };
});
const megabytes = (process.resourceUsage().maxRSS - before) / 1024;
process.stdout.write(JSON.stringify({ results, megabytes, polluted: "polluted" in {} }));
