import { setTimeout as sleep } from "node:timers/promises";
import type { RandomStream } from "multimodal-video-tag";
import { type Answer, post, sendRaw, slowly, uploadHead } from "./http-exchange.ts";
import type { SoakVideo, VideoKind } from "./videos.ts";

/** How a request ended: rightly, refused with a sentence, ended by its own sender, or in a way that must not be. */
export type Outcome =
  | { readonly end: "right" | "gone" }
  | { readonly end: "refused"; readonly status: number; readonly sentence: string }
  | { readonly end: "wrong"; readonly problem: string };

/** Scores are compared to this. */
const TOLERANCE = 1e-6;
const BUSY = [503, 504];

/** What soaks a service: requests of many kinds, drawn from a stream. */
export class Requests {
  readonly #address: URL;
  readonly #videos: readonly SoakVideo[];

  constructor(address: URL, videos: readonly SoakVideo[]) {
    this.#address = address;
    this.#videos = videos;
  }

  /** Each kind, how often it is drawn, and what it does. */
  readonly kinds: { readonly [kind: string]: { share: number; send: (random: RandomStream) => Promise<Outcome> } } = {
    small: { share: 600, send: (random) => this.#tag(this.#draw("small", random)) },
    medium: { share: 80, send: (random) => this.#tag(this.#draw("medium", random)) },
    long: { share: 8, send: (random) => this.#tag(this.#draw("long", random)) },
    "too long": { share: 6, send: (random) => this.#tag(this.#draw("too long", random)) },
    broken: { share: 120, send: (random) => this.#tag(this.#draw("broken", random)) },
    "too many bytes": {
      share: 4,
      send: async () => this.#expect(await post(this.#address, "", new Uint8Array(9 * 2 ** 20)), [413]),
    },
    "unknown parameter": {
      share: 40,
      send: async (random) => {
        const query = ["?titel=a", "?title=a&title=b", "?title=%E9", "?max=1"][random.nextInteger(4)] as string;
        return this.#expect(await post(this.#address, query, this.#draw("small", random).bytes), [400]);
      },
    },
    "not for it": {
      share: 30,
      send: async (random) => {
        const lines = ["GET /tags HTTP/1.1", "POST /nothing HTTP/1.1", "hello", "POST /tags?title=猫 HTTP/1.1"];
        const line = lines[random.nextInteger(lines.length)];
        const bytes = `${line}\r\nhost: a\r\ncontent-length: 0\r\n\r\n`;
        return this.#expect(await sendRaw(this.#address, pieces(bytes)), [400, 404, 405]);
      },
    },
    "cut off": {
      share: 60,
      send: async (random) => {
        const { bytes } = this.#draw(random.nextInteger(10) === 0 ? "long" : "small", random);
        const sent = bytes.subarray(0, random.nextInteger(bytes.length));
        await sendRaw(this.#address, slowly(uploadHead("", bytes.length), sent, 2, 5), { hangUp: true });
        return { end: "gone" };
      },
    },
    disconnected: {
      share: 60,
      send: async (random) => {
        const { bytes } = this.#draw(random.nextInteger(10) === 0 ? "long" : "small", random);
        const controller = new AbortController();
        const answer = post(this.#address, "", bytes, controller.signal).catch(() => undefined);
        await sleep(random.nextInteger(100));
        controller.abort();
        await answer;
        return { end: "gone" };
      },
    },
    slow: {
      share: 20,
      send: async (random) => {
        const video = this.#draw("small", random);
        const bytes = slowly(uploadHead(queryOf(video), video.bytes.length), video.bytes, 10, 200);
        return this.#compare(video, await sendRaw(this.#address, bytes));
      },
    },
    "too slow": {
      share: 2,
      send: async (random) => {
        const { bytes } = this.#draw("small", random);
        return this.#expect(
          await sendRaw(this.#address, slowly(uploadHead("", bytes.length), bytes, 100, 1000)),
          [408],
        );
      },
    },
    health: {
      share: 60,
      send: async () => {
        const answer = await fetch(new URL("/health", this.#address), { signal: AbortSignal.timeout(10_000) });
        const body = await answer.json();
        return answer.status === 200 ? { end: "right" } : this.#expect({ status: answer.status, body }, [503]);
      },
    },
  };

  #draw(kind: VideoKind, random: RandomStream): SoakVideo {
    const videos = this.#videos.filter((video) => video.kind === kind);
    return videos[random.nextInteger(videos.length)] as SoakVideo;
  }

  async #tag(video: SoakVideo): Promise<Outcome> {
    return this.#compare(video, await post(this.#address, queryOf(video), video.bytes));
  }

  /** An answer must be the command line's; a refusal is right for a file that it cannot read or that is too long. */
  #compare({ kind, name, expected }: SoakVideo, answer: Answer | undefined): Outcome {
    if (answer?.status !== 200) {
      if (kind === "too long") return this.#expect(answer, [413, ...BUSY]);
      return this.#expect(answer, expected === undefined ? [400, ...BUSY] : BUSY);
    }
    const { tags } = answer.body as { readonly tags: readonly { label: string; score: number }[] };
    if (expected === undefined) return wrong(`${name} was tagged, which the command line cannot do`);
    const differs = tags.some(({ label, score }) => !(Math.abs((expected.get(label) ?? -1) - score) <= TOLERANCE));
    if (differs || tags.length !== expected.size) {
      return wrong(`${name}: got ${JSON.stringify(tags)}, the command line says ${JSON.stringify([...expected])}`);
    }
    return { end: "right" };
  }

  /** A refusal is a sentence with one of these statuses. */
  #expect(answer: Answer | undefined, statuses: readonly number[]): Outcome {
    if (answer === undefined) return wrong("the connection ended without an answer");
    const { error: sentence } = answer.body as { readonly error?: unknown };
    if (!statuses.includes(answer.status) || typeof sentence !== "string" || !/^\S.*[.?]$/s.test(sentence)) {
      return wrong(`status ${answer.status}, ${JSON.stringify(answer.body).slice(0, 300)}`);
    }
    return { end: "refused", status: answer.status, sentence };
  }
}

function queryOf({ title }: SoakVideo): string {
  return `?title=${encodeURIComponent(title)}`;
}

async function* pieces(...all: string[]): AsyncGenerator<string> {
  yield* all;
}

function wrong(problem: string): Outcome {
  return { end: "wrong", problem };
}
