import { connect } from "node:net";
import * as tf from "@tensorflow/tfjs";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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

test("refuses features of another width, what is too long, another type, an unknown place", async () => {
  start({ bodyLimit: 2000 });
  const wide = await post(fileOf({ image: { rows: 1, size: 4, data: new Float32Array(4) } }));
  expect([wide.statusCode, wide.json().error]).toEqual([400, expect.stringContaining("3")]);
  const long = await post(Buffer.alloc(2001));
  expect([long.statusCode, long.json()]).toEqual([413, { error: "A feature file may have 2000 bytes at most." }]);
  const json = await service.inject({ method: "POST", url: "/tags", payload: { image: [1] } });
  expect([json.statusCode, json.json()]).toEqual([415, { error: "A feature file comes as application/octet-stream." }]);
  const elsewhere = await service.inject({ method: "GET", url: "/tags" });
  expect([elsewhere.statusCode, elsewhere.json()]).toEqual([
    404,
    { error: "There is no GET /tags. There are POST /tags and GET /health." },
  ]);
  const title = await post(fileOf(smallVideos()[0] as VideoFeatures), "a".repeat(2001));
  expect([title.statusCode, title.json().error]).toEqual([400, expect.stringContaining("title")]);
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
