import { describe } from "../core/options.ts";
import { nearestName } from "../formats/nearest-name.ts";
import { type MultimodalTaggerConfig, textsOf } from "../models/tagger-config.ts";

type Bag = Readonly<Record<string, unknown>>;

const GROUPS: readonly string[] = ["rows", "texts"];

/** What the samples of a dataset have besides. */
const BESIDES: readonly string[] = ["video", "fileName", "line", "classes", "weight", "sampledFrom"];

/**
 * Checks videos at the door of a public function, for callers in plain JavaScript. A video may have more than the model
 * knows; a name is a mistake where one that the video lacks was most likely meant by it, or where it stands alone.
 *
 * @throws TypeError such as `tag: video 0 has no place for "imag". Did you mean rows.image?`
 */
export function expectVideos(what: string, videos: unknown, config: Pick<MultimodalTaggerConfig, "modalities">): void {
  if (!Array.isArray(videos)) throw new TypeError(`${what}: its videos must be a list. Got ${describe(videos)}.`);
  const texts = textsOf(config);
  const places = Object.keys(config.modalities).map((name) => [texts.includes(name) ? "texts" : "rows", name] as const);
  for (const [index, video] of videos.entries()) {
    const name = `${what}: video ${index}`;
    expectBag(name, video);
    for (const group of GROUPS) if (video[group] != null) expectBag(`${name}: ${group}`, video[group]);
    expectKnown(name, video, places);
    for (const [group, modality] of places) {
      const value = (video[group] as Bag | undefined)?.[modality];
      if (value != null) expectValue(`${name}: ${group}.${modality}`, value, group);
    }
  }
}

function expectBag(name: string, value: unknown): asserts value is Bag {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`${name} must be an object. Got ${describe(value)}.`);
}

function expectKnown(name: string, video: Bag, places: readonly (readonly [group: string, modality: string])[]): void {
  const has = (group: string, key: string) => (video[group] as Bag | undefined)?.[key] != null;
  const fail = (path: string, hint: string) => {
    throw new TypeError(`${name} has no place for ${JSON.stringify(path)}. ${hint}`);
  };
  const isBare = GROUPS.every((group) => video[group] == null);
  for (const key of Object.keys(video)) {
    if (video[key] === undefined || GROUPS.includes(key) || BESIDES.includes(key)) continue;
    const nearest = nearestName(key, [...GROUPS, ...places.map(([, modality]) => modality)]);
    const group = places.find(([, modality]) => modality === nearest)?.[0];
    const isLacking = nearest !== undefined && (group ? !has(group, nearest) : video[nearest] == null);
    if (isLacking) fail(key, `Did you mean ${group ? `${group}.${nearest}` : nearest}?`);
    if (isBare) fail(key, `It takes ${places.map((place) => place.join(".")).join(", ")}.`);
  }
  for (const group of GROUPS) {
    for (const key of Object.keys((video[group] ?? {}) as Bag)) {
      if (!has(group, key) || places.some((place) => place[0] === group && place[1] === key)) continue;
      const nearest = nearestName(
        key,
        places.map(([, modality]) => modality),
      );
      const meant = places.find(([, modality]) => modality === nearest);
      if (meant && !has(...meant)) fail(`${group}.${key}`, `Did you mean ${meant.join(".")}?`);
    }
  }
}

function expectValue(name: string, value: unknown, group: string): void {
  if (group === "texts") {
    if (typeof value !== "string") throw new TypeError(`${name} must be a text. Got ${describe(value)}.`);
    return;
  }
  const { rows, size, data } = value as Bag;
  const isSequence = typeof rows === "number" && typeof size === "number" && ArrayBuffer.isView(data);
  if (!isSequence) {
    throw new TypeError(`${name} must be an object with rows, size and data, a Float32Array. Got ${describe(value)}.`);
  }
}
