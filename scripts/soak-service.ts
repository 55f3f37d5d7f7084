/**
 * Soaks the example service: for some minutes it gets requests of all kinds, long, broken, huge, slow and cut off, and each
 * answer must be the command line's or a refusal in a sentence, in flat memory.
 *
 *     npm run soak -- --minutes 30 [--seed 1] [--senders 8] [--port 18418] [--demo FOLDER]
 *
 * Prints its figures as Markdown. The exit code is 1 when anything was wrong.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RandomStream } from "multimodal-video-tag";
import { SoakRecord } from "./soak/record.ts";
import { type Outcome, Requests } from "./soak/requests.ts";
import { ServiceProcess } from "./soak/service-process.ts";
import { makeVideos } from "./soak/videos.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    senders: { type: "string", default: "8" },
    port: { type: "string", default: "18418" },
    demo: { type: "string" },
  },
});
const [minutes, seed, senders] = [Number(values.minutes), Number(values.seed), Number(values.senders)];
const say = (text: string) => process.stderr.write(`${text}\n`);

const work = mkdtempSync(join(tmpdir(), "soak-"));
const demo = values.demo ?? join(work, "demo");
if (values.demo === undefined) {
  say("Training the demo's tagger ...");
  const words = ["dist/cli.js", "demo", "--output", demo, "--videos", "120", "--epochs", "1"];
  execFileSync(process.execPath, words, { stdio: "ignore" });
}
say("Asking the command line ...");
const videos = makeVideos(demo, work, seed);
const readable = videos.filter(({ expected }) => expected !== undefined).length;
say(`${videos.length} files, of which the command line tags ${readable}.`);

const service = await ServiceProcess.start(join(demo, "text-guided/best"), Number(values.port), 2);
const record = new SoakRecord();
const begin = performance.now();
const isOver = () => performance.now() - begin > minutes * 60_000 || !service.isRunning;
const { kinds } = new Requests(service.address, videos);
const shares = Object.values(kinds).reduce((sum, { share }) => sum + share, 0);
let longs = 0;

function draw(place: number): [string, (random: RandomStream) => Promise<Outcome>] {
  let end = 0;
  for (const [kind, { share, send }] of Object.entries(kinds)) {
    end += share;
    if (place < end) return [kind, send];
  }
  throw new RangeError("The shares have an end.");
}

async function sendAll(random: RandomStream): Promise<void> {
  while (!isOver()) {
    const [kind, send] = draw(random.nextInteger(shares));
    const isLong = kind === "long" || kind === "too long";
    const sent = performance.now();
    const besideLong = longs > 0;
    longs += Number(isLong);
    const outcome = await send(random).catch((error: Error): Outcome => {
      return { end: "wrong", problem: `${error.name}: ${error.message} ${error.cause ?? ""}` };
    });
    longs -= Number(isLong);
    record.add({ kind, outcome, milliseconds: performance.now() - sent, besideLong });
    if (outcome.end === "wrong") say(`WRONG ${kind}: ${outcome.problem.slice(0, 500)}`);
  }
}

let seconds = 0;
const watch = setInterval(() => {
  if (!service.isRunning) return;
  const resident = service.residentBytes();
  record.addMemory(resident);
  if (++seconds % 60 === 0) say(`${seconds / 60} min: ${record.sent} requests, ${(resident / 1e6).toFixed(0)} MB`);
}, 1000);
const random = new RandomStream(seed);
await Promise.all(Array.from({ length: senders }, (_, index) => sendAll(random.fork(`sender ${index}`))));
clearInterval(watch);

const problems = record.problems();
if (!service.isRunning) problems.push("The service ended.");
const code = await service.end();
if (code !== 0) problems.push(`The service ended with code ${code}.`);
console.log(
  `${record.sent} requests in ${minutes} minutes from ${senders} senders, seed ${seed}.\n\n${record.report()}`,
);
for (const line of service.lines) say(`service: ${line.slice(0, 200)}`);
for (const problem of problems) say(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
rmSync(work, { recursive: true });
