import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { FormatError, readFeatureFile } from "multimodal-video-tag/formats";
import type { VideoTagger } from "multimodal-video-tag/inference";
import { QueueFullError, TagQueue, type TagQueueOptions } from "./tag-queue.ts";

export interface ServiceOptions extends Partial<TagQueueOptions> {
  /** The largest feature file, in bytes. Default 8 MiB: some 1000 rows at the published widths. */
  readonly bodyLimit?: number;
}

interface TagQuery {
  readonly title?: string;
}

const TAG_SCHEMA = {
  querystring: {
    type: "object",
    properties: { title: { type: "string", maxLength: 2000 } },
    additionalProperties: false,
  },
};

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
  const service = Fastify({ bodyLimit, requestTimeout: 30_000 });

  service.removeAllContentTypeParsers();
  // Received chunk by chunk, and broken off at the limit, whatever its Content-Length says.
  service.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_, body, done) => done(null, body));

  service.post<{ Querystring: TagQuery; Body: Buffer | undefined }>(
    "/tags",
    { schema: TAG_SCHEMA },
    async (request) => {
      const { image, audio } = readFeatureFile(request.body ?? new Uint8Array(), {
        file: "The request's body",
        ...widths,
      });
      const { tags, present, attention } = await queue.tag({ title: request.query.title, image, audio });
      const weights = Object.entries(attention).map(([modality, values]) => [modality, Array.from(values)]);
      return { tags, present, attention: Object.fromEntries(weights) };
    },
  );

  service.get("/health", async () => ({ status: "ok", labels: tagger.labels.length, waiting: queue.waiting }));

  service.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: `There is no ${request.method} ${request.url}. There are POST /tags and GET /health.` }),
  );

  service.setErrorHandler<FastifyError>((error, _, reply) => {
    if (error instanceof FormatError) return reply.code(400).send({ error: error.message });
    if (error instanceof QueueFullError)
      return reply.code(503).header("retry-after", "1").send({ error: error.message });
    if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
      return reply.code(413).send({ error: `A feature file may have ${bodyLimit} bytes at most.` });
    }
    if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
      return reply.code(415).send({ error: "A feature file comes as application/octet-stream." });
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return reply.code(error.statusCode).send({ error: `${error.message}.` });
    }
    process.stderr.write(`${error.stack}\n`);
    return reply.code(500).send({ error: "Something went wrong here, not with the request." });
  });

  service.addHook("onClose", async () => {
    await queue.drained();
    tagger.dispose();
  });
  return service;
}
