import { RandomStream } from "../core/random-stream.ts";
import type { SequenceRows } from "../core/sequence-batch.ts";

/** Widths of the planted features. */
export const IMAGE_SIZE = 32;
export const AUDIO_SIZE = 16;

/** How hard a world is. */
export interface PlantedSetting {
  /** How loud themes and variants are against the noise, which has deviation 1. */
  readonly loudness: { readonly image: number; readonly audio: number };
  /** Words that name no concept. */
  readonly fillers: readonly string[];
  /** Fillers in a title, at least and at most. */
  readonly titleFillers: readonly [number, number];
}

/** Easy enough for a small model that trains for a minute. */
export const DEMO_SETTING: PlantedSetting = {
  loudness: { image: 0.9, audio: 1.3 },
  fillers: ["the", "my", "new", "best", "today", "wow", "look", "funny", "one", "more"],
  titleFillers: [1, 3],
};

/** Three words for each concept: a title may use any of them. */
const CONCEPTS = [
  ["cat", "kitten", "kitty"],
  ["house", "home", "cottage"],
  ["music", "song", "melody"],
] as const;
const IMAGE_VARIANTS = ["day", "night"] as const;
const AUDIO_VARIANTS = ["loud", "quiet"] as const;

/** A theme is an ordered pair of concepts: "cat house" is another theme than "house cat". */
const THEMES: readonly (readonly [number, number])[] = [
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 1],
];

/** Every word that a title can have. */
export function plantedWords({ fillers }: PlantedSetting): string[] {
  return [...CONCEPTS.flat(), ...fillers];
}

/** A label a theme, a variant of its picture and one of its sound, in class order. */
export const LABELS: readonly string[] = THEMES.flatMap(([first, second]) =>
  IMAGE_VARIANTS.flatMap((image) =>
    AUDIO_VARIANTS.map((audio) => `${CONCEPTS[first]?.[0]} ${CONCEPTS[second]?.[0]}/${image}/${audio}`),
  ),
);

/** What a row of features shows: a segment whose label counts, another segment, or nothing. */
export type RowKind = "label" | "distractor" | "noise";

export interface PlantedVideo {
  readonly title: string;
  /** Class indices. */
  readonly classes: readonly number[];
  readonly image: SequenceRows;
  /** Without rows in a video without sound. */
  readonly audio: SequenceRows;
  readonly imageRows: readonly RowKind[];
  readonly audioRows: readonly RowKind[];
  /** For each row the class of its segment, whether that counts as a label or not; undefined for noise. */
  readonly imageClasses: readonly (number | undefined)[];
  readonly audioClasses: readonly (number | undefined)[];
}

interface Segment {
  readonly theme: number;
  readonly imageVariant: number;
  readonly audioVariant: number;
  readonly kind: "label" | "distractor";
}

/**
 * A synthetic world in which every part of the model earns its place: title words that fit several themes, word order
 * that decides, several segments a video of which only some are labels, noise between them, and sound that tells what
 * the picture does not. A seed makes a world; videos of one world share its prototypes.
 */
export class PlantedWorld {
  readonly #setting: PlantedSetting;
  readonly #imageThemes: readonly Float32Array[];
  readonly #imageVariants: readonly Float32Array[];
  readonly #audioThemes: readonly Float32Array[];
  readonly #audioVariants: readonly Float32Array[];

  constructor(seed: number, setting: PlantedSetting = DEMO_SETTING) {
    this.#setting = setting;
    const random = new RandomStream(seed).fork("prototypes");
    const vectors = (count: number, size: number) => Array.from({ length: count }, () => normalVector(size, random));
    this.#imageThemes = vectors(THEMES.length, IMAGE_SIZE);
    this.#imageVariants = vectors(IMAGE_VARIANTS.length, IMAGE_SIZE);
    this.#audioThemes = vectors(THEMES.length, AUDIO_SIZE);
    this.#audioVariants = vectors(AUDIO_VARIANTS.length, AUDIO_SIZE);
  }

  /** A video with one label theme or two, two distractors, gaps of noise, and a title that names the label themes. */
  drawVideo(random: RandomStream): PlantedVideo {
    const segments = drawSegments(random);
    const labelled = segments.filter(({ kind }) => kind === "label");
    const image = this.#drawRows(segments, "image", random);
    const isSilent = random.next() < 0.05;
    const audio = this.#drawRows(isSilent ? [] : segments, "audio", random);
    const title = random.next() < 0.05 ? "" : drawTitle(labelled, this.#setting, random);
    return {
      title,
      classes: labelled.map(classOf),
      image: image.rows,
      audio: isSilent ? { rows: 0, size: AUDIO_SIZE, data: new Float32Array(0) } : audio.rows,
      imageRows: image.segments.map(kindOf),
      audioRows: isSilent ? [] : audio.segments.map(kindOf),
      imageClasses: image.segments.map((segment) => segment && classOf(segment)),
      audioClasses: isSilent ? [] : audio.segments.map((segment) => segment && classOf(segment)),
    };
  }

  #drawRows(
    segments: readonly Segment[],
    modality: "image" | "audio",
    random: RandomStream,
  ): { rows: SequenceRows; segments: (Segment | undefined)[] } {
    const [size, gap, least] = modality === "image" ? [IMAGE_SIZE, 2, 2] : [AUDIO_SIZE, 1, 1];
    const shown: (Segment | undefined)[] = [];
    const rows: Float32Array[] = [];
    const add = (segment: Segment | undefined, prototype: Float32Array | undefined): void => {
      shown.push(segment);
      rows.push(normalVector(size, random).map((noise, index) => noise + (prototype?.[index] ?? 0)));
    };
    const addGap = (): void => {
      for (let row = random.nextInteger(gap + 1); row > 0; row--) add(undefined, undefined);
    };
    addGap();
    for (const segment of segments) {
      const prototype = this.#prototype(segment, modality);
      for (let row = least + random.nextInteger(2); row > 0; row--) add(segment, prototype);
      addGap();
    }
    const data = new Float32Array(rows.length * size);
    for (const [index, row] of rows.entries()) data.set(row, index * size);
    return { rows: { rows: rows.length, size, data }, segments: shown };
  }

  #prototype({ theme, imageVariant, audioVariant }: Segment, modality: "image" | "audio"): Float32Array {
    const [ofTheme, ofVariant] =
      modality === "image"
        ? [this.#imageThemes[theme], this.#imageVariants[imageVariant]]
        : [this.#audioThemes[theme], this.#audioVariants[audioVariant]];
    const loudness = this.#setting.loudness[modality];
    return (ofTheme as Float32Array).map((value, index) => loudness * (value + (ofVariant?.[index] ?? 0)));
  }
}

function classOf({ theme, imageVariant, audioVariant }: Segment): number {
  return (theme * 2 + imageVariant) * 2 + audioVariant;
}

function kindOf(segment: Segment | undefined): RowKind {
  return segment?.kind ?? "noise";
}

function drawSegments(random: RandomStream): Segment[] {
  const themes = random.shuffle([...THEMES.keys()]);
  const labelCount = random.next() < 0.4 ? 2 : 1;
  const labelled = themes.slice(0, labelCount);
  const others = themes.slice(labelCount);
  // The reversed theme is the distractor that only word order tells from the label.
  const reversed = reverseOf(labelled[0] as number);
  if (random.next() < 0.5 && others.includes(reversed)) others.unshift(...others.splice(others.indexOf(reversed), 1));
  const draw = (theme: number, kind: Segment["kind"]): Segment => ({
    theme,
    imageVariant: random.nextInteger(2),
    audioVariant: random.nextInteger(2),
    kind,
  });
  return random.shuffle([
    ...labelled.map((theme) => draw(theme, "label")),
    ...others.slice(0, 2).map((theme) => draw(theme, "distractor")),
  ]);
}

function reverseOf(theme: number): number {
  const [first, second] = THEMES[theme] as readonly [number, number];
  return THEMES.findIndex(([a, b]) => a === second && b === first);
}

function drawTitle(
  labelled: readonly Segment[],
  { fillers, titleFillers: [least, most] }: PlantedSetting,
  random: RandomStream,
): string {
  const choose = (words: readonly string[]): string => words[random.nextInteger(words.length)] as string;
  const chosen = Array.from({ length: least + random.nextInteger(most - least + 1) }, () => choose(fillers));
  const phrases = labelled.map(({ theme }) => {
    const [first, second] = THEMES[theme] as readonly [number, number];
    return `${choose(CONCEPTS[first] as readonly string[])} ${choose(CONCEPTS[second] as readonly string[])}`;
  });
  return random.shuffle([...chosen, ...phrases]).join(" ");
}

function normalVector(size: number, random: RandomStream): Float32Array {
  return Float32Array.from({ length: size }, () => random.nextNormal());
}
