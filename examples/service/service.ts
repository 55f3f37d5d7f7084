import Fastify, { type FastifyInstance } from "fastify";
import { readFeatureFile } from "multimodal-video-tag/formats";
import type { VideoTagger } from "multimodal-video-tag/inference";
import { Refusal } from "./refusal.ts";
import { refuse, refuseAddress, refuseConnection } from "./refuse.ts";
import { readTagQuery } from "./tag-query.ts";
import { TagQueue, type TagQueueOptions } from "./tag-queue.ts";

export interface ServiceOptions extends Partial<TagQueueOptions> {
  /** The largest feature file, in bytes. Default 8 MiB: some 1000 rows at the published widths. */
  readonly bodyLimit?: number;
}

/**
 * Tags over HTTP. It owns the tagger: closing it answers what is under way, refuses the rest and frees the model.
 *
 * - `POST /tags?title=...`, the body a feature file (application/octet-stream): `{ tags, present, attention }`
 * - `GET /health`: 200 while it takes requests
 *
 * Every error is `{ "error": "A sentence." }`.
 */
export function createService(tagger: VideoTagger, options: ServiceOptions = {}): FastifyInstance {
  const { bodyLimit = 8 * 2 ** 20, batchSize = 16, patience = 5, capacity = 256 } = options;
  const queue = new TagQueue(tagger, { batchSize, patience, capacity });
  const { imageSize, audioSize, imageMayBeAbsent } = tagger.sampleOptions;
  const widths = { ...(imageSize && { imageSize }), ...(audioSize && { audioSize }), imageMayBeAbsent };
  const service = Fastify({
    bodyLimit,
    requestTimeout: 30_000,
    frameworkErrors: refuse,
    clientErrorHandler: refuseConnection,
  });

  service.removeAllContentTypeParsers();
  // Received chunk by chunk, and broken off at the limit, whatever its Content-Length says.
  service.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_, body, done) => done(null, body));

  service.post<{ Body: Buffer | undefined }>("/tags", async ({ url, body }) => {
    const query = readTagQuery(url);
    const { image, audio } = readFeatureFile(body ?? new Uint8Array(), { file: "The request's body", ...widths });
    const { tags, present, attention } = await queue.tag({ ...query, image, audio });
    const weights = Object.entries(attention).map(([modality, values]) => [modality, Array.from(values)]);
    return { tags, present, attention: Object.fromEntries(weights) };
  });

  service.get("/health", async () => ({ status: "ok", labels: tagger.labels.length, waiting: queue.waiting }));

  service.setNotFoundHandler(refuseAddress);
  service.setErrorHandler((error: Error, request, reply) => {
    const isTooLarge = "code" in error && error.code === "FST_ERR_CTP_BODY_TOO_LARGE";
    const sentence = `A feature file may have ${bodyLimit} bytes at most.`;
    return refuse(isTooLarge ? new Refusal(413, sentence) : error, request, reply);
  });

  service.addHook("onClose", async () => {
    await queue.drained();
    tagger.dispose();
  });
  return service;
}
