import type { AttentionSpan, Tag } from "multimodal-video-tag/tagging";

/** Where the page can compute, in the order of their usual speed. */
export const BACKENDS = ["webgpu", "wasm", "webgl"] as const;
export type Backend = (typeof BACKENDS)[number];

export const BACKEND_TITLES: Readonly<Record<Backend, string>> = { webgpu: "WebGPU", wasm: "WASM", webgl: "WebGL" };

/** Where a tagger's files are: the address of its folder, or what the reader gave to the page. */
export type TaggerSource = string | readonly File[];

/** What the page asks the worker for: a request and its answer, by name. */
export interface Requests {
  /** Starts the backend and reads the tagger: the first request, once per worker. */
  start: {
    readonly request: { readonly backend: Backend; readonly tagger: TaggerSource };
    readonly answer: TaggerFacts;
  };
  /** Reads a feature file, by its address or chosen by the reader; the next titles are those of this video. */
  open: {
    readonly request: { readonly name: string; readonly source: string | File };
    readonly answer: { readonly rows: { readonly [modality: string]: number } };
  };
  /** Tags the video that was opened last. */
  tag: { readonly request: { readonly title: string }; readonly answer: Result };
}

export interface TaggerFacts {
  readonly labels: number;
  readonly parameters: number;
  readonly readsTitles: boolean;
  readonly milliseconds: { readonly backend: number; readonly tagger: number };
}

/** A label with its score, and the score that would make a tag of it. */
export interface ScoredLabel extends Tag {
  readonly threshold: number;
}

export interface Result {
  /** The labels with the highest scores, the highest first. */
  readonly labels: readonly ScoredLabel[];
  readonly attention: { readonly [modality: string]: readonly AttentionSpan[] };
  readonly milliseconds: number;
}

export type RequestName = keyof Requests;

export type Question = {
  [name in RequestName]: { readonly id: number; readonly name: name; readonly request: Requests[name]["request"] };
}[RequestName];

/** The answer to the question of this id, or the sentence that says why there is none. */
export type Answer =
  | { readonly id: number; readonly answer: Requests[RequestName]["answer"] }
  | { readonly id: number; readonly problem: string };
