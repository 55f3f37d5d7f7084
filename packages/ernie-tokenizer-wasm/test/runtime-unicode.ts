import { unicodeVersion } from "../src/index.ts";

const { unicode: runtimeVersion = "none" } = process.versions;

/** Whether the runtime's Unicode data, which the oracle uses, are of the version that the tokenizer knows. */
export const isSameUnicode: boolean = runtimeVersion === unicodeVersion;

/** For the names of tests that need that. */
export const unicodeVersions: string = `Unicode: tables ${unicodeVersion}, runtime ${runtimeVersion}`;
