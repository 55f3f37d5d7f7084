import { readFileSync } from "node:fs";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import type { Task } from "../harness/serve.ts";
import { versionOf } from "../harness/version-of.ts";

export interface OpenSession {
  readonly session: InferenceSession;
  readonly Tensor: TensorConstructor & { readonly prototype: Tensor };
  readonly versions: Readonly<Record<string, string>>;
}

let opened: { readonly file: string; readonly session: Promise<OpenSession> } | undefined;

/** A session on onnxruntime's CPU (`engine: "node"`) or on its WebAssembly (`engine: "web"`); the last one is kept. */
export async function openSession({ engine, threads }: Task, file: string): Promise<OpenSession> {
  if (opened?.file === file) return opened.session;
  await (await opened?.session)?.session.release();
  opened = { file, session: open(engine === "web", Number(threads ?? 1), readFileSync(file)) };
  return opened.session;
}

async function open(isWeb: boolean, threads: number, model: Uint8Array): Promise<OpenSession> {
  const name = isWeb ? "onnxruntime-web" : "onnxruntime-node";
  const { InferenceSession, Tensor, env } = isWeb ? await import("onnxruntime-web") : await import("onnxruntime-node");
  env.wasm.numThreads = threads;
  const options = isWeb ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 };
  const session = await InferenceSession.create(model, options);
  return { session, Tensor: Tensor as OpenSession["Tensor"], versions: { [name]: versionOf(name) } };
}
