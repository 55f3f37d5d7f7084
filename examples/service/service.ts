import type { Readable } from "node:stream";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { VideoTagger } from "multimodal-video-tag/tagging";
import { Refusal } from "./refusal.ts";
import { refuse, refuseAddress, refuseConnection } from "./refuse.ts";
import { DEFAULT_LIMITS, requestWork, type WorkLimits } from "./request-work.ts";
import { readTagQuery } from "./tag-query.ts";
import { TagQueue } from "./tag-queue.ts";
import { startTaggerThread, type TaggerThread } from "./tagger-thread.ts";
import { Uploads } from "./uploads.ts";

export interface ServiceOptions {
  /** Threads that tag. Where there are two or more, one takes short videos alone. Default 2. */
  readonly threads?: number;
  /** Starts one of them. Default: `startTaggerThread` with the tagger. */
  readonly start?: () => Promise<TaggerThread>;
  /** Told when no thread can be started any more: the process should end, so that a supervisor starts it anew. */
  readonly onLost?: (error: unknown) => void;
  /** The largest feature file, in bytes. Default 8 MiB. */
  readonly bodyLimit?: number;
  /** Bytes of all feature files that are not answered yet. Default 64 MiB. */
  readonly uploadLimit?: number;
  /** What one video may be. Default 20 billion multiplications and 256 MiB. */
  readonly limits?: WorkLimits;
  /** Short videos that run together. Default 16. */
  readonly batchSize?: number;
  /** Requests that may wait; more are refused. Default 256. */
  readonly capacity?: number;
  /** Milliseconds in which a whole request must have come, and in which it is answered after that. Default 30,000 each. */
  readonly requestTimeout?: number;
  readonly patience?: number;
}

/** A video that takes a tenth of the limits counts as short. */
const SHORT = 0.1;
/** How often Node looks for requests that take too long to arrive. */
const LOOK_MS = 500;

/**
 * Tags over HTTP. It owns the tagger: closing it answers what is under way, refuses the rest and frees the model.
 *
 * - `POST /tags?title=...`, the body a feature file (application/octet-stream): `{ tags, present, attention }`
 * - `GET /health`: 200 while a thread can tag
 *
 * Every error is `{ "error": "A sentence." }`.
 */
export function createService(tagger: VideoTagger, options: ServiceOptions = {}): FastifyInstance {
  const { bodyLimit = 8 * 2 ** 20, uploadLimit = 64 * 2 ** 20 } = options;
  const { limits = DEFAULT_LIMITS, requestTimeout = 30_000, patience = 30_000 } = options;
  const { sizes, required } = tagger.sampleOptions;
  // The title is the model's text; it may have none.
  const [text] = Object.keys(tagger.config.texts ?? {});
  const uploads = new Uploads({ bodyLimit, totalLimit: uploadLimit });
  const queue = new TagQueue({
    threads: options.threads ?? 2,
    start: options.start ?? (() => startTaggerThread(tagger)),
    onLost: options.onLost ?? (() => {}),
    file: { file: "The request's body", sizes, required },
    weigh: ({ rows }, { title }) => {
      const video = { rows, ...(text !== undefined && { texts: { [text]: title } }) };
      return { video, work: requestWork(tagger.model.config, video, limits) };
    },
    shortWork: SHORT,
    batchSize: options.batchSize ?? 16,
    capacity: options.capacity ?? 256,
    patience,
  });

  const service = Fastify({
    requestTimeout,
    pluginTimeout: 0, // A large tagger takes its time to start.
    return503OnClosing: false, // It has no sentence; see below.
    // Of a connection on which nothing moves, such as one whose answer nobody takes.
    connectionTimeout: requestTimeout + 2 * patience,
    http: { headersTimeout: requestTimeout, requestTimeout, connectionsCheckingInterval: LOOK_MS },
    frameworkErrors: refuse,
    clientErrorHandler: refuseConnection,
  });
  service.setNotFoundHandler(refuseAddress);
  service.setErrorHandler(refuse);
  service.removeAllContentTypeParsers();
  service.addContentTypeParser("application/octet-stream", (request: FastifyRequest, body: Readable) =>
    uploads.receive(request, body),
  );
  let isClosing = false;
  service.addHook("onRequest", async (request, { raw }) => {
    if (isClosing) throw new Refusal(503, "The service is closing.");
    raw.once("close", () => uploads.release(request));
  });

  service.post<{ Body: Buffer | Refusal | undefined }>("/tags", async ({ url, body = Buffer.alloc(0) }, reply) => {
    if (body instanceof Refusal) throw body;
    const { tags, present, attention } = await queue.tag(body, readTagQuery(url), goneSignal(reply));
    const weights = Object.entries(attention).map(([modality, values]) => [modality, Array.from(values)]);
    return { tags, present, attention: Object.fromEntries(weights) };
  });

  service.get("/health", async () => {
    const ready = await queue.threads.check();
    if (ready === 0) throw new Refusal(503, "No thread can tag at the moment.");
    return { status: "ok", labels: tagger.labels.length, waiting: queue.waiting, ready };
  });

  service.addHook("onReady", () => queue.threads.start());
  service.addHook("preClose", async () => {
    isClosing = true;
    // Uploads that never end would keep it from closing.
    setTimeout(() => service.server.closeAllConnections(), patience).unref();
  });
  service.addHook("onClose", async () => {
    await queue.drained();
    await queue.threads.close();
    tagger.dispose();
  });
  return service;
}

/** Aborts when the sender is gone before the answer. (Fastify's own signal does so when a body is complete.) */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
