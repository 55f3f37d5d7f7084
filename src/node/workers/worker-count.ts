import { MOST_WORKERS } from "../../formats/run-manifest.ts";

/**
 * @param what the function, for messages
 * @throws RangeError when there cannot be so many threads
 */
export function expectWorkers(what: string, workers: number): void {
  if (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS) return;
  throw new RangeError(`${what}: workers must be a whole number from 1 to ${MOST_WORKERS}. Got ${workers}.`);
}
