import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { FormatError } from "multimodal-video-tag/formats";
import { Refusal } from "./refusal.ts";
import { NO_MEMORY } from "./tag-queue.ts";

/** Answers with what went wrong: `{ "error": "A sentence." }`. What is not the request's fault is written to standard error. */
export function refuse(thrown: FastifyError | Error, _: unknown, reply: FastifyReply): FastifyReply {
  const { status, headers, message } = asRefusal(thrown);
  if (status === 500) process.stderr.write(`${thrown.stack}\n`);
  return reply.code(status).headers(headers).send({ error: message });
}

function asRefusal(thrown: FastifyError | Error): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof FormatError) return new Refusal(400, thrown.message);
  if (thrown.name === NO_MEMORY) {
    process.stderr.write(`${thrown.message}\n`);
    return new Refusal(413, "This video needs more memory than there is. Send fewer rows.");
  }
  if ("code" in thrown) {
    const known = BY_CODE.get(thrown.code);
    if (known !== undefined) return known;
    const { statusCode = 500 } = thrown;
    if (statusCode < 500) return new Refusal(statusCode, `${thrown.message.replace(/\.$/, "")}.`);
  }
  return new Refusal(500, "Something went wrong here, not with the request.");
}

const NOT_ENCODED = new Refusal(400, "The address must be percent-encoded UTF-8.");

const BY_CODE = new Map([
  ["FST_ERR_CTP_INVALID_MEDIA_TYPE", new Refusal(415, "A feature file comes as application/octet-stream.")],
  ["FST_ERR_BAD_URL", NOT_ENCODED],
  ["ECONNRESET", new Refusal(499, "The sender is gone.")],
]);

const METHODS: { readonly [path: string]: string } = { "/tags": "POST", "/health": "GET, HEAD" };

/** Answers at an address that has nothing, or not by this method. */
export function refuseAddress({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ""] = url.split("?");
  const allowed = METHODS[path];
  const error = `There is no ${method} ${path.slice(0, 60)}. There are POST /tags and GET /health.`;
  if (allowed !== undefined) reply.header("allow", allowed);
  return reply.code(allowed === undefined ? 404 : 405).send({ error });
}

const OF_NODE: { readonly [code: string]: Refusal } = {
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal(408, "The request took too long to arrive."),
  HPE_INVALID_URL: NOT_ENCODED,
  HPE_HEADER_OVERFLOW: new Refusal(431, "The headers are too long."),
};

/** What is still sent after such an answer is taken for so long: a connection that ends before would take the answer with it. */
const LINGER_MS = 1000;

/** Answers on a connection on which no whole request came, and ends it. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET") return void socket.destroy();
  if (!socket.writable) return; // It was answered.
  const { status, message } = OF_NODE[error.code ?? ""] ?? new Refusal(400, "This is no HTTP request.");
  const body = JSON.stringify({ error: message });
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
