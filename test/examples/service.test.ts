import { connect } from "node:net";
import * as tf from "@tensorflow/tfjs";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createService, type ServiceOptions } from "../../examples/service/service.ts";
import { writeFeatureFile } from "../../src/formats/index.ts";
import type { VideoFeatures, VideoTagger } from "../../src/inference/index.ts";
import { smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";

let tagger: VideoTagger;
let service: FastifyInstance;

const NONE = { rows: 0, size: 0, data: new Float32Array() };
const headers = { "content-type": "application/octet-stream" };

function fileOf({ image, audio = NONE }: VideoFeatures): Buffer {
  return Buffer.from(writeFeatureFile({ video: "v", image: image as NonNullable<typeof image>, audio }));
}

function start(options?: ServiceOptions): void {
  // The example imports the built package, whose classes are others than those of the source.
  service = createService(tagger as never, options);
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
  start({ patience: 50 });
  const videos = smallVideos();
  const expected = await Promise.all(videos.map(async (video) => (await tagger.tag([video]))[0]));
  const tag = vi.spyOn(tagger, "tag");
  const answers = await Promise.all(videos.map((video) => post(fileOf(video), video.title)));
  expect(tag.mock.calls.map(([batch]) => batch.length)).toEqual([3]);
  for (const [index, answer] of answers.entries()) {
    expect(answer.statusCode).toBe(200);
    const { tags, present, attention } = answer.json();
    expect(present).toEqual(expected[index]?.present);
    expect(tags.map(({ label }: { label: string }) => label)).toEqual(expected[index]?.tags.map(({ label }) => label));
    for (const [at, { score }] of tags.entries()) expect(score).toBeCloseTo(expected[index]?.tags[at]?.score ?? 0, 5);
    expect(attention.image.length).toBe(videos[index]?.image?.rows);
  }
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
  const wide = await post(fileOf({ image: { rows: 1, size: 4, data: new Float32Array(4) } }));
  expect([wide.statusCode, wide.json().error]).toEqual([400, expect.stringContaining("3")]);
  const long = await post(Buffer.alloc(2001));
  expect([long.statusCode, long.json()]).toEqual([413, { error: "A feature file may have 2000 bytes at most." }]);
  const json = await service.inject({ method: "POST", url: "/tags", payload: { image: [1] } });
  expect([json.statusCode, json.json()]).toEqual([415, { error: "A feature file comes as application/octet-stream." }]);
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
  start({ patience: 50 });
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const tag = tagger.tag.bind(tagger);
  vi.spyOn(tagger, "tag").mockImplementation((videos) =>
    videos.some(({ title }) => title === "bad") ? Promise.reject(new Error("a secret")) : tag(videos),
  );
  const file = fileOf(smallVideos()[0] as VideoFeatures);
  const [good, bad] = await Promise.all([post(file, "good"), post(file, "bad")]);
  expect(good.statusCode).toBe(200);
  expect([bad.statusCode, bad.json()]).toEqual([500, { error: "Something went wrong here, not with the request." }]);
  expect(stderr.mock.calls.flat().join("")).toContain("a secret");
});

test("refuses more than may wait, and is healthy still", async () => {
  start({ capacity: 2, batchSize: 2, patience: 30 });
  const file = fileOf(smallVideos()[0] as VideoFeatures);
  const answers = await Promise.all([1, 2, 3].map(() => post(file)));
  const refused = answers.filter(({ statusCode }) => statusCode === 503);
  expect(refused.map((answer) => answer.json())).toEqual([
    { error: "2 videos are waiting already. Try again in a moment." },
  ]);
  expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBe(2);
  const health = await service.inject("/health");
  expect(health.json()).toEqual({ status: "ok", labels: 5, waiting: 0 });
});

test("closing answers what is under way and frees the model", async () => {
  start({ patience: 100 });
  const answer = post(fileOf(smallVideos()[0] as VideoFeatures));
  await vi.waitFor(async () => expect((await service.inject("/health")).json().waiting).toBe(1));
  await service.close();
  expect((await answer).statusCode).toBe(200);
  expect([...tagger.model.parameters().values()].every(({ isDisposed }) => isDisposed)).toBe(true);
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
    expect(tag.mock.calls[0]?.[0][0]?.title).toBe(title);
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
