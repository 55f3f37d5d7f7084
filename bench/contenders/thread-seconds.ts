import { readdirSync, readFileSync } from "node:fs";

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** Processor time of each thread of this process so far, by the thread's number; none where the system does not tell. */
export function threadSeconds(): ReadonlyMap<number, number> {
  const tasks = process.platform === "linux" ? readdirSync("/proc/self/task") : [];
  return new Map(
    tasks.map((task) => {
      const fields = readFileSync(`/proc/self/task/${task}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return [Number(task), (Number(fields[11]) + Number(fields[12])) / TICKS];
    }),
  );
}

/** What work takes on a machine that does nothing else: the main thread and the busiest other one, one after the other. */
export function busiestOf(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | undefined {
  const spent = [...after].map(([thread, seconds]) => [thread, seconds - (before.get(thread) ?? 0)] as const);
  const others = spent.filter(([thread]) => thread !== process.pid).map(([, seconds]) => seconds);
  const main = spent.find(([thread]) => thread === process.pid)?.[1];
  return main === undefined ? undefined : main + Math.max(0, ...others);
}
