import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RandomStream } from "multimodal-video-tag";
import { type ByteMatrix, featureFileOfBytes } from "./feature-bytes.ts";

export type VideoKind = "small" | "medium" | "long" | "too long" | "broken";

/** A feature file, its title, and what the command line says of it. */
export interface SoakVideo {
  readonly kind: VideoKind;
  readonly name: string;
  readonly title: string;
  readonly bytes: Buffer;
  /** Undefined where the command line cannot read the file. */
  readonly expected: ReadonlyMap<string, number> | undefined;
}

/** Rows of image and sound at most, and how many files there are. */
const SIZES: { readonly [kind in VideoKind]?: { files: number; image: number; audio: number } } = {
  medium: { files: 12, image: 300, audio: 1000 },
  long: { files: 6, image: 1, audio: 120_000 },
  // More than the service takes; a file of nearly 8 MiB, of one byte per value.
  "too long": { files: 3, image: 1, audio: 500_000 },
};
const BROKEN = 60;

/** Makes the videos of a soak in a demo's folder, and lets the command line tag those that the service may answer. */
export function makeVideos(demo: string, folder: string, seed: number): SoakVideo[] {
  const random = new RandomStream(seed).fork("videos");
  const features = join(folder, "features");
  mkdirSync(features, { recursive: true });
  const small = readdirSync(join(demo, "datasets/feature_files")).filter((name) => name.startsWith("val_"));
  const titles = new Map(
    readFileSync(join(demo, "datasets/val.txt"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([address = "", title = ""]) => [nameOf(address), title]),
  );
  const videos: Omit<SoakVideo, "expected">[] = small.map((file) => {
    const name = file.replace(/\.pkl$/, "");
    return {
      kind: "small",
      name,
      title: titles.get(name) ?? "",
      bytes: readFileSync(join(demo, "datasets/feature_files", file)),
    };
  });
  const anyTitle = () => videos[random.nextInteger(small.length)]?.title ?? "";
  for (const [kind, size] of Object.entries(SIZES)) {
    for (let index = 0; index < size.files; index++) {
      const rows = (most: number) => (kind === "too long" ? most : 1 + random.nextInteger(most));
      const bytes = featureFileOfBytes(noise(random, rows(size.image), 32), noise(random, rows(size.audio), 16));
      videos.push({ kind: kind as VideoKind, name: `${kind.replace(" ", "_")}_${index}`, title: anyTitle(), bytes });
    }
  }
  for (let index = 0; index < BROKEN; index++) {
    const bytes = damaged(videos[random.nextInteger(small.length)]?.bytes ?? Buffer.alloc(0), random);
    videos.push({ kind: "broken", name: `broken_${index}`, title: anyTitle(), bytes });
  }
  const predicted = predict(
    demo,
    folder,
    features,
    videos.filter(({ kind }) => kind !== "too long"),
  );
  return videos.map((video) => ({ ...video, expected: predicted.get(video.name) }));
}

function noise(random: RandomStream, rows: number, size: number): ByteMatrix {
  return { rows, size, data: Uint8Array.from({ length: rows * size }, () => random.nextInteger(4)) };
}

/** Cut off, or with some bytes changed. */
function damaged(bytes: Buffer, random: RandomStream): Buffer {
  if (random.nextInteger(2) === 0) return bytes.subarray(0, random.nextInteger(bytes.length));
  const copy = Buffer.from(bytes);
  for (let count = 1 + random.nextInteger(8); count > 0; count--) {
    // Its beginning is where the opcodes are.
    copy[random.nextInteger(random.nextInteger(2) === 0 ? 300 : copy.length)] = random.nextInteger(256);
  }
  return copy;
}

/** The command line's answers: for each video that it could read, its tags with their scores. */
function predict(
  demo: string,
  folder: string,
  features: string,
  videos: readonly Omit<SoakVideo, "expected">[],
): Map<string, Map<string, number>> {
  for (const { name, bytes } of videos) writeFileSync(join(features, `${name}.pkl`), bytes);
  const label = readFileSync(join(demo, "datasets/class.txt"), "utf8").split("\n")[0];
  const list = join(folder, "list.txt");
  writeFileSync(
    list,
    videos.map(({ name, title }) => `https://videos.example/${name}.mp4\t${title}\t${label}\n`).join(""),
  );
  const configuration = readFileSync(join(demo, "conf-text-guided.txt"), "utf8").replace(/\[INFER\].*/s, "");
  const infer = `[INFER]\nbatch_size = 1\nthreshold = 0.5\nfilelist = "${features}"\nurl_title_label_file = "${list}"\n`;
  writeFileSync(join(folder, "conf.txt"), `${configuration}${infer}`);
  const output = join(folder, "predictions.json");
  const words = ["dist/cli.js", "predict", "--config", join(folder, "conf.txt"), "--output", output];
  const program = spawnSync(process.execPath, [...words, "--checkpoint", join(demo, "text-guided/best")]);
  if (program.status !== 0) throw new Error(`predict failed: ${program.stderr}`);
  // Predictions come in the list's order, by the names in the files; damaged ones may say anything there.
  const leftOut = new Set([...`${program.stderr}`.matchAll(/list\.txt, line (\d+)/g)].map(([, line]) => Number(line)));
  const tagged = videos.filter((_, index) => !leftOut.has(index + 1));
  const predictions: { labels: [string, number][] }[] = JSON.parse(readFileSync(output, "utf8"));
  if (predictions.length !== tagged.length)
    throw new Error(`predict left out what it does not name: ${program.stderr}`);
  return new Map(tagged.map(({ name }, index) => [name, new Map(predictions[index]?.labels)]));
}

/** Of an address: its file name without the ending. */
function nameOf(address: string): string {
  return address.replace(/^.*\/|\.mp4$/g, "");
}
