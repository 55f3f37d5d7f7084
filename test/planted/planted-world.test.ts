import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import type { SequenceRows } from "../../src/core/sequence-batch.ts";
import {
  AUDIO_SIZE,
  DEMO_SETTING,
  IMAGE_SIZE,
  LABELS,
  type PlantedVideo,
  PlantedWorld,
  plantedWords,
  type RowKind,
} from "../../src/planted/planted-world.ts";
import { expectClose } from "../support/tensors.ts";

const SYNONYMS: readonly (readonly string[])[] = [
  ["cat", "kitten", "kitty"],
  ["house", "home", "cottage"],
  ["music", "song", "melody"],
];
const WORDS = plantedWords(DEMO_SETTING);
const VIDEOS = 2000;

function draw(world: number, seed: number, count: number = VIDEOS): PlantedVideo[] {
  const [planted, random] = [new PlantedWorld(world), new RandomStream(seed)];
  return Array.from({ length: count }, () => planted.drawVideo(random));
}

const videos = draw(21, 2101);
const withSound = videos.filter(({ audio }) => audio.rows > 0);

/** The concepts that the words of a title name, in order; -1 for a filler. */
function conceptsIn(title: string): number[] {
  return title.split(" ").map((word) => SYNONYMS.findIndex((words) => words.includes(word)));
}

/** A label's ordered pair of concepts. */
function themeOf(label: number): number[] {
  return conceptsIn((LABELS[label] as string).split("/")[0] as string);
}

/** Rows of one kind that follow each other, as one. */
function stretches(kinds: readonly RowKind[]): { kind: RowKind; rows: number }[] {
  const result: { kind: RowKind; rows: number }[] = [];
  for (const kind of kinds) {
    const last = result.at(-1);
    if (last?.kind === kind) last.rows++;
    else result.push({ kind, rows: 1 });
  }
  return result;
}

function share(kinds: readonly RowKind[], kind: RowKind): number {
  return kinds.filter((each) => each === kind).length / kinds.length;
}

function row({ data, size }: SequenceRows, index: number): Float32Array {
  return data.subarray(index * size, (index + 1) * size);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("a planted world", () => {
  test("has a label for each theme with each variant, in class order", () => {
    expect(LABELS).toHaveLength(24);
    expect(new Set(LABELS).size).toBe(24);
    expect(LABELS.slice(0, 5)).toEqual([
      "cat house/day/loud",
      "cat house/day/quiet",
      "cat house/night/loud",
      "cat house/night/quiet",
      "cat music/day/loud",
    ]);
  });

  test("is the same for the same seeds, and another for others", () => {
    expect(draw(21, 2101, 3)).toEqual(videos.slice(0, 3));
    expect(
      draw(21, 2102, 1)[0]?.title === videos[0]?.title && draw(21, 2102, 1)[0]?.image.rows === videos[0]?.image.rows,
    ).toBe(false);
    const [other] = draw(22, 2101, 1) as [PlantedVideo];
    // Another world shows the same story with other prototypes.
    expect(other.title).toBe(videos[0]?.title);
    expect(other.image.data).not.toEqual(videos[0]?.image.data);
  });

  test("is as loud as its setting says, and the same in all else", () => {
    const draws = [1, 2, 4].map((loudness) => {
      const random = new RandomStream(5);
      const world = new PlantedWorld(7, { ...DEMO_SETTING, loudness: { image: loudness, audio: loudness / 2 } });
      return Array.from({ length: 10 }, () => world.drawVideo(random));
    }) as [PlantedVideo[], PlantedVideo[], PlantedVideo[]];
    for (const [index, video] of draws[0].entries()) {
      const [louder, loudest] = [draws[1][index], draws[2][index]] as [PlantedVideo, PlantedVideo];
      expect([louder.title, louder.classes, louder.imageRows]).toEqual([video.title, video.classes, video.imageRows]);
      for (const modality of ["image", "audio"] as const) {
        const step = louder[modality].data.map((value, place) => value - (video[modality].data[place] as number));
        const twice = loudest[modality].data.map((value, place) => value - (louder[modality].data[place] as number));
        expectClose(
          twice,
          Array.from(step, (value) => 2 * value),
          1e-5,
        );
        const kinds = modality === "image" ? video.imageRows : video.audioRows;
        const size = video[modality].size;
        for (const [at, kind] of kinds.entries()) {
          const isLouder = step.subarray(at * size, (at + 1) * size).some((value) => value !== 0);
          expect(isLouder).toBe(kind !== "noise");
        }
      }
    }
  });

  test("tells the demo's stories as it always did", () => {
    const stories = videos.slice(0, 100).map(({ title, classes, imageRows, audioRows }) => {
      return JSON.stringify([title, classes, imageRows, audioRows]);
    });
    expect(createHash("sha256").update(stories.join("")).digest("hex")).toBe(
      "f354335f863d873ace1886281620b52a694e26419ad520428bb242407ae1a20b",
    );
  });

  test("gives every video one label or two, of different themes, at the right rate", () => {
    for (const { classes } of videos) {
      expect([1, 2]).toContain(classes.length);
      expect(new Set(classes.map((label) => themeOf(label).join())).size).toBe(classes.length);
    }
    const mean = videos.reduce((sum, { classes }) => sum + classes.length, 0) / VIDEOS;
    expect(mean).toBeGreaterThan(1.36);
    expect(mean).toBeLessThan(1.44);
    expect(new Set(videos.flatMap(({ classes }) => classes)).size).toBe(24);
  });

  test("names each label's theme in the title, its words in order, between fillers", () => {
    for (const { title, classes } of videos) {
      if (title === "") continue;
      const words = title.split(" ");
      expect(words.every((word) => WORDS.includes(word))).toBe(true);
      const concepts = conceptsIn(title);
      const fillers = concepts.filter((concept) => concept === -1).length;
      expect(fillers).toBeGreaterThanOrEqual(1);
      expect(fillers).toBeLessThanOrEqual(3);
      expect(words).toHaveLength(fillers + 2 * classes.length);
      for (const label of classes) expect(`,${concepts.join()},`).toContain(`,${themeOf(label).join()},`);
    }
  });

  test("says of each row which class it shows: the labels' where its segment is a label, another elsewhere", () => {
    for (const { classes, imageRows, audioRows, imageClasses, audioClasses } of videos) {
      for (const [rows, shown] of [
        [imageRows, imageClasses],
        [audioRows, audioClasses],
      ] as const) {
        expect(shown.length).toBe(rows.length);
        for (const [row, kind] of rows.entries()) {
          const own = shown[row];
          expect(own === undefined).toBe(kind === "noise");
          if (own !== undefined) expect(classes.includes(own)).toBe(kind === "label");
        }
      }
      expect(new Set(imageClasses.filter((own) => own !== undefined && classes.includes(own)))).toEqual(
        new Set(classes),
      );
    }
  });

  test("leaves out one title and one sound in twenty", () => {
    for (const missing of [videos.filter(({ title }) => title === "").length, VIDEOS - withSound.length]) {
      expect(missing / VIDEOS).toBeGreaterThan(0.035);
      expect(missing / VIDEOS).toBeLessThan(0.065);
    }
  });

  test("has rows of features for everything that it shows, in the right proportions", () => {
    for (const { image, audio, imageRows, audioRows, classes } of videos) {
      expect([image.rows, image.size, image.data.length]).toEqual([
        imageRows.length,
        IMAGE_SIZE,
        imageRows.length * IMAGE_SIZE,
      ]);
      expect([audio.rows, audio.size, audio.data.length]).toEqual([
        audioRows.length,
        AUDIO_SIZE,
        audioRows.length * AUDIO_SIZE,
      ]);
      const labelled = imageRows.filter((kind) => kind === "label").length;
      expect(labelled).toBeGreaterThanOrEqual(2 * classes.length);
      expect(labelled).toBeLessThanOrEqual(3 * classes.length);
      expect(imageRows.filter((kind) => kind === "distractor").length).toBeGreaterThanOrEqual(4);
      for (const { kind, rows } of stretches(imageRows)) if (kind === "noise") expect(rows).toBeLessThanOrEqual(2);
    }
    // 1.4 labels and 2 other segments of 2.5 rows (sound: 1.5), with 4.4 gaps of 1 row (sound: 0.5) between them.
    const image = videos.flatMap(({ imageRows }) => imageRows);
    const audio = withSound.flatMap(({ audioRows }) => audioRows);
    for (const [kind, ofImage, ofAudio] of [
      ["label", 3.5 / 12.9, 2.1 / 7.3],
      ["distractor", 5 / 12.9, 3 / 7.3],
      ["noise", 4.4 / 12.9, 2.2 / 7.3],
    ] as const) {
      expect(Math.abs(share(image, kind) - ofImage)).toBeLessThan(0.015);
      expect(Math.abs(share(audio, kind) - ofAudio)).toBeLessThan(0.015);
    }
  });

  test("shows a label the same way in every video, and noise not at all", () => {
    // Means over the rows of videos with this one label, in two halves: noise goes, the prototype stays.
    const half = (label: number, begin: number): number[] => {
      const own = videos.slice(begin, begin + VIDEOS / 2).filter(({ classes }) => classes.join() === `${label}`);
      const rows = own.flatMap(({ image, imageRows }) =>
        imageRows.flatMap((kind, index) => (kind === "label" ? [row(image, index)] : [])),
      );
      return Array.from({ length: IMAGE_SIZE }, (_, column) => {
        return rows.reduce((sum, values) => sum + (values[column] as number), 0) / rows.length;
      });
    };
    const [first, second] = [
      LABELS.map((_, label) => half(label, 0)),
      LABELS.map((_, label) => half(label, VIDEOS / 2)),
    ];
    for (const [label, mean] of first.entries()) {
      // Loud and quiet look alike: only the sound tells them apart.
      const likest = second.map((other) => cosine(mean, other));
      expect(Math.floor(likest.indexOf(Math.max(...likest)) / 2)).toBe(Math.floor(label / 2));
      expect(likest[label]).toBeGreaterThan(0.9);
    }
    const noise = videos.flatMap(({ image, imageRows }) =>
      imageRows.flatMap((kind, index) => (kind === "noise" ? [...row(image, index)] : [])),
    );
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  });
});
