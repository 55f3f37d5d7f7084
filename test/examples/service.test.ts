import { connect } from "node:net";
import * as tf from "@tensorflow/tfjs";
import type { FastifyInstance } from "fastify";
import { decodeFeatureFile } from "multimodal-video-tag/data";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createService, type ServiceOptions } from "../../examples/service/service.ts";
import type { TaggerThread } from "../../examples/service/tagger-thread.ts";
import { writeFeatureFile } from "../../src/formats/index.ts";
import type { VideoFeatures, VideoTagger } from "../../src/tagging/index.ts";
import { smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";

let tagger: VideoTagger;
let service: FastifyInstance;

const NONE = { rows: 0, size: 0, data: new Float32Array() };
const headers = { "content-type": "application/octet-stream" };

function fileOf({ rows = {} }: VideoFeatures): Buffer {
  const { image = NONE, audio = NONE } = rows;
  return Buffer.from(writeFeatureFile({ video: "v", image, audio }));
}

/** A thread that is none: it tags and reads here. */
function thread(own: Partial<TaggerThread> = {}): TaggerThread {
  return {
    // The example imports the built package, whose classes are others than those of the source.
    tag: (videos) => tagger.tag(videos) as ReturnType<TaggerThread["tag"]>,
    read: async (bytes, options) => decodeFeatureFile(bytes, options),
    close: async () => {},
    ...own,
  };
}

function start(options?: ServiceOptions): void {
  service = createService(tagger as never, { start: async () => thread(), ...options });
}

/** A promise to be fulfilled later. */
function later(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

/** A thread whose first `tag` of videos waits for `gate`, with the titles of each batch that it was given. */
function gatedThread(gate: Promise<void>, batches: (string | undefined)[][] = []): TaggerThread {
  return thread({
    async tag(videos) {
      if (videos.length === 0) return [];
      batches.push(videos.map(({ texts }) => texts?.["text"]));
      await gate;
      return (await tagger.tag(videos)) as never;
    },
  });
}

function post(body: Buffer | string, title?: string) {
  const query = title === undefined ? {} : { title };
  return service.inject({ method: "POST", url: "/tags", query, headers, payload: body });
}

/** Starts it on a port of this machine. */
async function listen(options?: ServiceOptions): Promise<number> {
  start(options);
  await service.listen({ port: 0, host: "127.0.0.1" });
  return (service.server.address() as { port: number }).port;
}

/** Sends bytes as they are, and returns what comes until the connection ends or is quiet. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
      socket.setTimeout(50, () => socket.destroy());
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

beforeEach(async () => {
  await tf.setBackend("cpu");
  tagger = await smallVideoTagger(7);
});

afterEach(() => service.close());

test("answers what the tagger says of each video alone, in batches", async () => {
  const gate = later();
  const batches: (string | undefined)[][] = [];
  start({ threads: 1, start: async () => gatedThread(gate.promise, batches) });
  const videos = smallVideos();
  const expected = await Promise.all(videos.map(async (video) => (await tagger.tag([video]))[0]));
  const first = post(fileOf(videos[0] as VideoFeatures), "first");
  await vi.waitFor(() => expect(batches).toEqual([["first"]]));
  const answers = videos.map((video) => post(fileOf(video), video.texts?.["text"]));
  await vi.waitFor(async () => expect((await service.inject("/health")).json().waiting).toBe(3));
  gate.resolve();
  for (const [index, answer] of (await Promise.all(answers)).entries()) {
    expect(answer.statusCode).toBe(200);
    const { tags, present, attention } = answer.json();
    expect(present).toEqual(expected[index]?.present);
    expect(tags.map(({ label }: { label: string }) => label)).toEqual(expected[index]?.tags.map(({ label }) => label));
    for (const [at, { score }] of tags.entries()) expect(score).toBeCloseTo(expected[index]?.tags[at]?.score ?? 0, 5);
    expect(attention.image.length).toBe(videos[index]?.rows?.["image"]?.rows);
  }
  expect((await first).statusCode).toBe(200);
  expect(batches).toEqual([["first"], videos.map(({ texts }) => texts?.["text"])]);
});

test.each([
  ["no pickle", Buffer.from("hello"), 400, "The request's body"],
  ["nothing", "", 400, "The request's body"],
  ["a program", Buffer.from("cos\nsystem\n(S'true'\ntR."), 400, "os"],
])("says in a sentence what is wrong with a body of %s", async (_, body, status, words) => {
  start();
  const answer = await post(body);
  expect(answer.statusCode).toBe(status);
  expect(Object.keys(answer.json())).toEqual(["error"]);
  expect(answer.json().error).toContain(words);
});

test("refuses features of another width, what is too long, another type", async () => {
  start({ bodyLimit: 2000 });
  const wide = await post(fileOf({ rows: { image: { rows: 1, size: 4, data: new Float32Array(4) } } }));
  expect([wide.statusCode, wide.json().error]).toEqual([400, expect.stringContaining("3")]);
  const long = await post(Buffer.alloc(2001));
  expect([long.statusCode, long.json()]).toEqual([413, { error: "A feature file may have 2000 bytes at most." }]);
  const json = await service.inject({ method: "POST", url: "/tags", payload: { image: [1] } });
  expect([json.statusCode, json.json()]).toEqual([415, { error: "A feature file comes as application/octet-stream." }]);
});

test("whoever sends too much gets the answer all the same, and may go on", async () => {
  const port = await listen({ bodyLimit: 1000 });
  const body = new Uint8Array(9_000_000);
  for (let time = 0; time < 5; time++) {
    const answer = await fetch(`http://127.0.0.1:${port}/tags`, { method: "POST", headers, body });
    expect([answer.status, answer.headers.get("connection")]).toEqual([413, "keep-alive"]);
    await answer.text();
  }
});

test("a body without a length is broken off at the limit", async () => {
  start({ bodyLimit: 1000 });
  await service.listen({ port: 0, host: "127.0.0.1" });
  const { port } = service.server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "POST /tags HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  const sending = setInterval(() => socket.write(`200\r\n${"x".repeat(512)}\r\n`), 1);
  const answer = await new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.on("error", () => {});
  });
  clearInterval(sending);
  socket.destroy();
  expect(answer).toContain("413");
});

test("one bad video does not take its batch with it", async () => {
  const gate = later();
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const tag = tagger.tag.bind(tagger);
  vi.spyOn(tagger, "tag").mockImplementation((videos) =>
    videos.some(({ texts }) => texts?.["text"] === "bad") ? Promise.reject(new Error("a secret")) : tag(videos),
  );
  start({ threads: 1, start: async () => gatedThread(gate.promise) });
  const file = fileOf(smallVideos()[0] as VideoFeatures);
  const answers = Promise.all([post(file, "first"), post(file, "good"), post(file, "bad")]);
  await vi.waitFor(async () => expect((await service.inject("/health")).json().waiting).toBe(2));
  gate.resolve();
  const [, good, bad] = await answers;
  expect(good?.statusCode).toBe(200);
  expect([bad?.statusCode, bad?.json()]).toEqual([500, { error: "Something went wrong here, not with the request." }]);
  expect(stderr.mock.calls.flat().join("")).toContain("a secret");
});

test("refuses more than may wait, and is healthy still", async () => {
  const gate = later();
  start({ capacity: 2, start: async () => gatedThread(gate.promise) });
  const file = fileOf(smallVideos()[0] as VideoFeatures);
  const asked = [1, 2, 3].map(() => post(file));
  await Promise.race(asked);
  gate.resolve();
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ statusCode }) => statusCode === 503);
  expect(refused.map((answer) => answer.json())).toEqual([
    { error: "2 videos are waiting already. Try again in a moment." },
  ]);
  expect(refused[0]?.headers["retry-after"]).toBe("1");
  expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBe(2);
  const health = await service.inject("/health");
  expect(health.json()).toEqual({ status: "ok", labels: 5, waiting: 0, ready: 2 });
});

test("closing answers what is under way and frees the model", async () => {
  const gate = later();
  const close = vi.fn(async () => {});
  const batches: (string | undefined)[][] = [];
  start({ start: async () => ({ ...gatedThread(gate.promise, batches), close }) });
  const answer = post(fileOf(smallVideos()[0] as VideoFeatures));
  await vi.waitFor(() => expect(batches.length).toBe(1));
  const closed = service.close();
  gate.resolve();
  expect((await answer).statusCode).toBe(200);
  await closed;
  expect(close).toHaveBeenCalledTimes(2);
  expect([...tagger.model.parameters().values()].every(({ isDisposed }) => isDisposed)).toBe(true);
});

describe("how much work a video may be", () => {
  const rowsOf = (image: number, audio: number) => ({
    rows: {
      image: { rows: image, size: 3, data: new Float32Array(image * 3) },
      audio: { rows: audio, size: 2, data: new Float32Array(audio * 2) },
    },
  });

  test("counts rows, not bytes", async () => {
    start({ limits: { multiplications: 1e7, memory: 1e9 } });
    const answer = await post(fileOf(rowsOf(1, 1000)));
    expect([answer.statusCode, answer.json()]).toEqual([
      413,
      {
        error:
          "A video may be as much work as 332 image rows or 333 audio rows. Got 1 image row and 1000 audio rows. Send every 4th row.",
      },
    ]);
    expect((await post(fileOf(rowsOf(1, 320)))).statusCode).toBe(200);
  });

  test("counts memory as well", async () => {
    start({ limits: { multiplications: 1e12, memory: 1e4 } });
    const answer = await post(fileOf(rowsOf(100, 0)));
    expect([answer.statusCode, answer.json()]).toEqual([
      413,
      { error: "A video may be as much work as 53 image rows. Got 100 image rows. Send every 2nd row." },
    ]);
  });

  test("a long video runs alone and leaves a thread to short ones", async () => {
    const [gate, batches] = [later(), [[], []] as (string | undefined)[][][]];
    let started = 0;
    start({
      limits: { multiplications: 1e7, memory: 1e9 },
      start: async () => gatedThread(started === 1 ? gate.promise : Promise.resolve(), batches[started++]),
    });
    const [long, short] = [fileOf(rowsOf(1, 100)), fileOf(rowsOf(1, 1))];
    const longs = [post(long, "long 1"), post(long, "long 2")];
    await vi.waitFor(() => expect(batches[1]).toEqual([["long 1"]]));
    const shorts = await Promise.all(["a", "b", "c"].map((title) => post(short, title)));
    expect(shorts.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(batches[0]?.flat()).toEqual(["a", "b", "c"]);
    gate.resolve();
    expect((await Promise.all(longs)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(batches[1]).toEqual([["long 1"], ["long 2"]]);
  });
});

describe("a thread that", () => {
  const file = () => fileOf(smallVideos()[0] as VideoFeatures);
  const never = new Promise<never>(() => {});
  const ready = async () => {
    const { statusCode, body } = await service.inject("/health");
    return statusCode === 200 ? JSON.parse(body).ready : JSON.parse(body).error;
  };
  /** Starts the first threads as they are given, and good ones after them. */
  const startWith = (threads: TaggerThread[], options?: ServiceOptions) => {
    start({ threads: 1, start: async () => threads.shift() ?? thread(), ...options });
  };

  test.each([
    ["dies", { tag: () => Promise.reject(new Error("gone")) }],
    ["dies at reading", { read: () => Promise.reject(new Error("gone")) }],
  ])("%s is replaced, and its video tagged by another", async (_, own: Partial<TaggerThread>) => {
    const close = vi.fn(async () => {});
    startWith([thread({ ...own, close })]);
    expect((await post(file())).statusCode).toBe(200);
    expect(close).toHaveBeenCalledTimes(1);
    expect(await ready()).toBe(1);
  });

  test.each([
    ["a tagger", { tag: (videos: readonly unknown[]) => (videos.length === 0 ? Promise.resolve([]) : never) }],
    ["a reader", { read: () => never }],
  ])("never answers, %s, is replaced, and the request refused", async (_, own: Partial<TaggerThread>) => {
    startWith([thread(own)], { patience: 100 });
    const slow = await post(file());
    expect([slow.statusCode, slow.json()]).toEqual([
      504,
      { error: "This video took more than 0.1 s. Send fewer rows." },
    ]);
    await vi.waitFor(async () => expect((await post(file())).statusCode).toBe(200));
  });

  test("is busy lets nobody wait for ever", async () => {
    startWith([gatedThread(never)], { patience: 100 });
    const first = post(file());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await post(file());
    expect((await first).statusCode).toBe(504);
    // What it had not begun, the next thread has.
    expect(second.statusCode).toBe(200);
  });

  test("dies with nothing to do is found by the health check", async () => {
    startWith([thread({ tag: () => Promise.reject(new Error("gone")) })]);
    expect(await ready()).toBe("No thread can tag at the moment.");
    await vi.waitFor(async () => expect(await ready()).toBe(1));
  });

  test("has no memory for a video says so once, and is replaced", async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const memoryError = Object.assign(new Error("No memory."), { name: "BackendMemoryError" });
    const tag = vi.fn((videos: readonly unknown[]) =>
      videos.length === 0 ? Promise.resolve([]) : Promise.reject(memoryError),
    );
    startWith([thread({ tag }), thread({ tag })]);
    const answer = await post(file());
    expect([answer.statusCode, answer.json()]).toEqual([
      413,
      { error: "This video needs more memory than there is. Send fewer rows." },
    ]);
    expect(tag).toHaveBeenCalledTimes(1);
    expect(await ready()).toBe(1);
  });

  test("cannot be started again ends the service", async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const onLost = vi.fn();
    let started = 0;
    const failing = thread({ tag: () => Promise.reject(new Error("gone")) });
    start({
      threads: 1,
      start: async () => {
        if (started++ > 0) throw new Error("no more threads");
        return failing;
      },
      onLost,
    });
    const answer = await post(file());
    expect([answer.statusCode, answer.json()]).toEqual([503, { error: "The service cannot go on, and ends." }]);
    expect(onLost).toHaveBeenCalledWith(new Error("no more threads"));
    expect(started).toBe(4);
    expect((await service.inject("/health")).statusCode).toBe(503);
  });
});

describe("connections", () => {
  const file = () => fileOf(smallVideos()[0] as VideoFeatures);
  const head = (length: number) =>
    `POST /tags HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${length}\r\n\r\n`;
  const health = async () => (await service.inject("/health")).json();

  test("that send too slowly are answered, and ended", async () => {
    const port = await listen({ requestTimeout: 300 });
    const answers = await Promise.all(
      ["", "POST /tags HT", head(1000), `${head(1000)}a few bytes`].map((text) => exchange(port, Buffer.from(text))),
    );
    for (const answer of answers)
      expect(answer).toMatch(/^HTTP\/1.1 408 .*\{"error":"The request took too long to arrive."\}$/s);
  });

  test("that go on sending after they were refused get the answer", async () => {
    const port = await listen({ requestTimeout: 300 });
    const socket = connect(port, "127.0.0.1");
    const errors: Error[] = [];
    socket.on("error", (error) => errors.push(error));
    let answer = "";
    socket.write(head(100_000));
    const sending = setInterval(() => socket.write("a"), 5);
    // It is busy for a while, and reads the answer later than it came.
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    socket.on("data", (data) => {
      answer += data;
    });
    socket.resume();
    await vi.waitFor(() => expect(answer).toContain("408"));
    clearInterval(sending);
    expect(errors).toEqual([]);
    // Nor is it taken for ever.
    await vi.waitFor(() => expect(socket.closed).toBe(true), 5000);
  });

  test("that break off leave nothing behind", async () => {
    const port = await listen({ uploadLimit: 1500 });
    for (let time = 0; time < 3; time++) {
      const socket = connect(port, "127.0.0.1");
      await new Promise<void>((resolve) => socket.write(`${head(1000)}${"a".repeat(900)}`, () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const answer = await fetch(`http://127.0.0.1:${port}/tags`, {
      method: "POST",
      headers,
      body: new Uint8Array(file()),
    });
    expect(answer.status).toBe(200);
  });

  test("that hold too much together are refused", async () => {
    const port = await listen({ uploadLimit: 1500 });
    const socket = connect(port, "127.0.0.1");
    socket.write(`${head(2000)}${"a".repeat(1400)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = await post(Buffer.alloc(200));
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { error: "Too many files are on their way. Try again in a moment." },
    ]);
    socket.destroy();
    await vi.waitFor(async () => expect((await post(file())).statusCode).toBe(200));
  });

  test("whose sender is gone leave the queue", async () => {
    const [gate, batches] = [later(), [] as (string | undefined)[][]];
    const port = await listen({ threads: 1, start: async () => gatedThread(gate.promise, batches) });
    const first = post(file(), "first");
    await vi.waitFor(() => expect(batches.length).toBe(1));
    const controller = new AbortController();
    const gone = fetch(`http://127.0.0.1:${port}/tags?title=gone`, {
      method: "POST",
      headers,
      body: new Uint8Array(file()),
      signal: controller.signal,
    });
    await vi.waitFor(async () => expect((await health()).waiting).toBe(1));
    controller.abort();
    await expect(gone).rejects.toThrow();
    await vi.waitFor(async () => expect((await health()).waiting).toBe(0));
    const last = post(file(), "last");
    gate.resolve();
    expect([(await first).statusCode, (await last).statusCode]).toEqual([200, 200]);
    expect(batches).toEqual([["first"], ["last"]]);
  });

  test("that go on while the service closes are refused", async () => {
    const [gate, batches] = [later(), [] as (string | undefined)[][]];
    const port = await listen({ start: async () => gatedThread(gate.promise, batches) });
    const socket = connect(port, "127.0.0.1");
    let answers = "";
    socket.on("data", (data) => {
      answers += data;
    });
    socket.write(head(file().length));
    socket.write(file());
    await vi.waitFor(() => expect(batches.length).toBe(1));
    const closed = service.close();
    socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    await closed;
    await vi.waitFor(() => expect(answers).toContain("503"));
    expect(answers).toMatch(/^HTTP\/1.1 200 .*HTTP\/1.1 503 .*\{"error":"The service is closing."\}$/s);
  });

  test("that stay open do not keep the service from closing", async () => {
    const port = await listen({ patience: 200 });
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.write(`${head(1000)}a`, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const begin = performance.now();
    await service.close();
    expect(performance.now() - begin).toBeLessThan(5000);
    socket.destroy();
  });
});

test.each([0, 1.5, Number.NaN])("there are no %d threads", (threads) => {
  expect(() => start({ threads })).toThrow(
    `The number of threads must be a whole number of 1 or more. Got ${threads}.`,
  );
  start();
});

test("real threads answer what the tagger answers, and one that is killed is replaced", async () => {
  const { startTaggerThread } = await import("../../examples/service/tagger-thread.ts");
  const { useBackend } = await import("multimodal-video-tag/node");
  await useBackend("cpu");
  const threads: TaggerThread[] = [];
  start({
    start: async () => {
      const started = await startTaggerThread(tagger as never);
      threads.push(started);
      return started;
    },
  });
  const [video] = smallVideos() as [VideoFeatures];
  const [expected] = await tagger.tag([video]);
  const check = async () => {
    const answer = await post(fileOf(video), video.texts?.["text"]);
    expect(answer.statusCode).toBe(200);
    for (const [at, { score }] of answer.json().tags.entries())
      expect(score).toBeCloseTo(expected?.tags[at]?.score ?? 0, 6);
  };
  await check();
  await threads[0]?.close();
  await check();
  await check();
  await vi.waitFor(async () => expect((await service.inject("/health")).json().ready).toBe(2), 60_000);
  expect(threads.length).toBe(3);
  const bad = await post(Buffer.from("hello"));
  expect([bad.statusCode, bad.json().error]).toEqual([400, expect.stringContaining("The request's body")]);
});

describe("what a query may say", () => {
  const file = () => fileOf(smallVideos()[0] as VideoFeatures);
  const ask = (query: string) => service.inject({ method: "POST", url: `/tags?${query}`, headers, payload: file() });

  test.each([
    ["titel=cats", 'There is no query parameter "titel". Did you mean title?'],
    ["Title=cats", 'There is no query parameter "Title". Did you mean title?'],
    ["explain=1", 'There is no query parameter "explain". There is title.'],
    ["__proto__=1", 'There is no query parameter "__proto__". There is title.'],
    ["=cats", 'There is no query parameter "". There is title.'],
    ["title=a&title=b", "title must come once. Got it 2 times."],
    [`title=${"a".repeat(2001)}`, "title may have 2000 characters at most. Got 2001."],
    ["title=%E9", "The query must be percent-encoded UTF-8."],
    ["title=%ZZ", "The query must be percent-encoded UTF-8."],
    ["title=%ED%A0%80", "The query must be percent-encoded UTF-8."],
    ["%E9=1", "The query must be percent-encoded UTF-8."],
  ])("refuses %.30s", async (query, sentence) => {
    start();
    const answer = await ask(query);
    expect([answer.statusCode, answer.json()]).toEqual([400, { error: sentence }]);
  });

  test.each([
    ["", undefined],
    ["title=", ""],
    ["title", ""],
    ["&title=dog+dogs&", "dog dogs"],
    ["title=%E7%8C%AB%20dogs", "猫 dogs"],
    ["title=dog%00s", "dog\0s"],
    ["title=a%26b%3Dc=d", "a&b=c=d"],
  ])("takes %j", async (query, title) => {
    start();
    const tag = vi.spyOn(tagger, "tag");
    const answer = await ask(query);
    expect(answer.statusCode).toBe(200);
    expect(tag.mock.calls[0]?.[0][0]?.texts?.["text"]).toBe(title);
  });

  test("raw bytes are no percent-encoding", async () => {
    const port = await listen();
    const answer = await exchange(
      port,
      Buffer.from("POST /tags?title=猫 HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"),
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 .*"error":"The address must be percent-encoded UTF-8."/s);
  });
});

describe("requests that are none", () => {
  test.each([
    ["GET", "/tags", 405, "POST", "There is no GET /tags. There are POST /tags and GET /health."],
    ["PUT", "/tags?title=a", 405, "POST", "There is no PUT /tags. There are POST /tags and GET /health."],
    ["POST", "/health", 405, "GET, HEAD", "There is no POST /health. There are POST /tags and GET /health."],
    ["GET", "/tag", 404, undefined, "There is no GET /tag. There are POST /tags and GET /health."],
    ["GET", "/%ZZ", 400, undefined, "The address must be percent-encoded UTF-8."],
  ] as const)("%s %s", async (method, url, status, allow, error) => {
    start();
    const answer = await service.inject({ method, url });
    expect([answer.statusCode, answer.headers.allow, answer.json()]).toEqual([status, allow, { error }]);
  });

  test("HEAD answers with the same status, and nothing else", async () => {
    start();
    const [health, tags] = [
      await service.inject({ method: "HEAD", url: "/health" }),
      await service.inject({ method: "HEAD", url: "/tags" }),
    ];
    expect([health.statusCode, tags.statusCode, health.body]).toEqual([200, 405, ""]);
  });

  test.each([
    ["no HTTP", "hello\r\n\r\n", 400, "This is no HTTP request."],
    [
      "too long headers",
      `GET /health HTTP/1.1\r\nhost: x\r\nlong: ${"a".repeat(20_000)}\r\n\r\n`,
      431,
      "The headers are too long.",
    ],
  ])("%s", async (_, bytes, status, sentence) => {
    const port = await listen();
    const answer = await exchange(port, Buffer.from(bytes));
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(`{"error":"${sentence}"}`);
  });
});
