// Reads texts that are far larger than files of their kind and prints, as JSON, what each one gave. Run as a program of
// its own, in a small heap, so that a text that asks for much memory brings down this one only.
import { parseVocabulary } from "../../packages/ernie-tokenizer-wasm/src/vocabulary.ts";
import { VocabularyError } from "../../packages/ernie-tokenizer-wasm/src/vocabulary-error.ts";
import {
  classFileProblems,
  FormatError,
  readClassFile,
  readErnieConfiguration,
  readListFile,
  readRunMetrics,
} from "../../src/formats/index.ts";
import { readIniConfiguration, readPythonLiteral } from "../../src/paddle/index.ts";

const options = { file: "a" };
const MILLION = 2 ** 20;
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");
const notUtf8 = (text: string) => {
  const bytes = new TextEncoder().encode(`${text} `);
  bytes[bytes.length - 1] = 0xff;
  return bytes;
};
const blank = "\n".repeat(8 * MILLION);

const attempts: Readonly<Record<string, () => unknown>> = {
  "a class file of blank lines": () => readClassFile(`a${blank}b`, options),
  "a class file of blank lines that are still few": () =>
    classFileProblems(`a${"\n".repeat(MILLION - 2)}b`, options).slice(-2),
  "a value of letters": () => readIniConfiguration(`[A]\na = ${"x".repeat(4_500_000)}`, options),
  "a shorter value of letters": () => readIniConfiguration(`[A]\na = ${"x".repeat(MILLION - 10)}`, options).size,
  "a configuration of sections": () =>
    readIniConfiguration(
      lines(2 * MILLION, (i) => `[${i}]\n`),
      options,
    ),
  "a shorter configuration of sections": () =>
    readIniConfiguration(
      lines(100_000, (i) => `[${i}]\n`),
      options,
    ),
  "a configuration of keys": () => readIniConfiguration(`[A]\n${lines(80_000, (i) => `${i} = a b\n`)}`, options).size,
  "a configuration of continued lines": () =>
    readIniConfiguration(`[A]\na = \n${" b\n".repeat(300_000)}`, options).size,
  "a literal of letters": () => readPythonLiteral("视".repeat(4_500_000), options),
  "a text literal": () => (readPythonLiteral(`'${"视".repeat(4_500_000)}'`, options) as string).length,
  "a number of digits": () => readPythonLiteral("1".repeat(4_500_000), options),
  "lines, then an error": () => readErnieConfiguration(`{${blank}x`, options),
  "space, then an error": () => readErnieConfiguration(`{${" ".repeat(8 * MILLION)}x`, options),
  "a list of blank lines that is not UTF-8": () => readListFile(notUtf8(blank), options),
  "a list of tabs": () => readListFile("\t".repeat(4 * MILLION), options),
  "metrics of blank lines": () => readRunMetrics(`${blank}{}\n`, options),
  "a vocabulary that is not UTF-8": () => parseVocabulary(notUtf8(blank)),
  "a vocabulary of blank lines": () => parseVocabulary(blank),
};

const results: Record<string, string> = {};
let slowest = 0;
for (const [name, attempt] of Object.entries(attempts)) {
  const start = performance.now();
  try {
    results[name] = JSON.stringify(attempt());
  } catch (error) {
    const isTyped = error instanceof FormatError || error instanceof VocabularyError;
    results[name] = isTyped ? error.message : `not a FormatError: ${error}`;
  }
  slowest = Math.max(slowest, performance.now() - start);
}
process.stdout.write(JSON.stringify({ results, slowest, megabytes: process.resourceUsage().maxRSS / 1024 }));
