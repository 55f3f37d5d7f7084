import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A status and the JSON of a body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Nobody should wait longer for an answer. */
export const ANSWER_MS = 120_000;

export async function post(address: URL, query: string, body: Uint8Array, signal?: AbortSignal): Promise<Answer> {
  const limit = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(new URL(`/tags${query}`, address), {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: new Uint8Array(body),
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Pieces of a connection's bytes, with pauses between them. */
export type Bytes = AsyncIterable<string | Uint8Array>;

/**
 * Sends bytes as they are, and reads one answer. Returns undefined when the connection ended without one.
 *
 * @param hangUp whether to end the connection when all is sent
 */
export function sendRaw(address: URL, bytes: Bytes, { hangUp = false } = {}): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(address.port), address.hostname);
    const chunks: Buffer[] = [];
    const limit = setTimeout(() => socket.destroy(new Error("There was no answer.")), ANSWER_MS);
    const end = () => {
      clearTimeout(limit);
      resolve(parse(Buffer.concat(chunks).toString()));
    };
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (parse(Buffer.concat(chunks).toString()) !== undefined) socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === undefined ? reject(error) : end()));
    socket.on("close", end);
    socket.on("connect", async () => {
      for await (const piece of bytes) {
        if (socket.destroyed) return;
        socket.write(piece);
      }
      if (hangUp) socket.destroy();
    });
  });
}

/** A whole answer with a JSON body; undefined while it is not whole. */
function parse(text: string): Answer | undefined {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
  if (!(Buffer.byteLength(body) >= length)) return undefined;
  return { status: Number(head.split(" ")[1]), body: JSON.parse(body) };
}

export function uploadHead(query: string, length: number): string {
  const fields = ["host: 127.0.0.1", "content-type: application/octet-stream", `content-length: ${length}`];
  return `POST /tags${query} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
}

/** A head and a body in so many pieces, with pauses between them. */
export async function* slowly(head: string, body: Uint8Array, pieces: number, pause: number): Bytes {
  yield head;
  const size = Math.ceil(body.length / pieces);
  for (let begin = 0; begin < body.length; begin += size) {
    await sleep(pause);
    yield body.subarray(begin, begin + size);
  }
}
