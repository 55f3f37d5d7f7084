import { cpus, totalmem } from "node:os";
import * as tf from "@tensorflow/tfjs-core";

/** What a figure was measured on, in a line. */
export function describeMachine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `${processors[0]?.model.trim()}, ${processors.length} cores, ${memory} GiB`,
    `Node ${process.versions.node}`,
    `tfjs ${tf.version_core}`,
    `backend ${tf.getBackend()}`,
  ].join("; ");
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
