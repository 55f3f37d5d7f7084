import * as tf from "@tensorflow/tfjs-core";
import { collateTitles } from "../src/data/index.ts";
import { RandomStream, type SequenceRows } from "../src/index.ts";
import type { ErnieConfig } from "../src/models/index.ts";
import { plantedEncoder, plantedVocabulary } from "../src/planted/planted-encoder.ts";
import { type PlantedSetting, type PlantedVideo, PlantedWorld } from "../src/planted/planted-world.ts";

/** A video with what the frozen encoder makes of its title. */
export interface EncodedVideo extends PlantedVideo {
  /** [tokens, hiddenSize] */
  readonly encodedTitle: SequenceRows;
}

export interface PlantedData {
  readonly encoder: ErnieConfig;
  readonly train: readonly EncodedVideo[];
  readonly valid: readonly EncodedVideo[];
}

/** Both parts of a world. */
export function drawVideos(
  world: number,
  setting: PlantedSetting,
  videos: { readonly train: number; readonly valid: number },
): { readonly train: PlantedVideo[]; readonly valid: PlantedVideo[] } {
  const planted = new PlantedWorld(world, setting);
  const draw = (count: number, seed: number): PlantedVideo[] => {
    const random = new RandomStream(seed);
    return Array.from({ length: count }, () => planted.drawVideo(random));
  };
  return { train: draw(videos.train, world * 100 + 1), valid: draw(videos.valid, world * 100 + 2) };
}

/** Draws both parts of a world and runs its encoder once over every title. */
export async function plantedData(
  world: number,
  setting: PlantedSetting,
  videos: { readonly train: number; readonly valid: number },
): Promise<PlantedData> {
  const { train, valid } = drawVideos(world, setting, videos);
  const vocabulary = plantedVocabulary(setting);
  const idOf = (token: string): number => {
    const id = vocabulary.indexOf(token);
    if (id < 0) throw new Error(`The vocabulary has no token ${token}.`);
    return id;
  };
  const encoder = await plantedEncoder(world, setting);
  const encode = async (video: PlantedVideo): Promise<EncodedVideo> => {
    const words = video.title === "" ? [] : video.title.split(" ");
    const ids = Int32Array.from(["[CLS]", ...words, "[SEP]"], idOf);
    const tokens = collateTitles([ids]);
    const encoded = encoder.forward(tokens);
    const data = (await encoded.data()) as Float32Array;
    tf.dispose([encoded, tokens]);
    return { ...video, encodedTitle: { rows: ids.length, size: encoder.config.hiddenSize, data } };
  };
  const encodeAll = async (part: readonly PlantedVideo[]): Promise<EncodedVideo[]> => {
    const encoded: EncodedVideo[] = [];
    for (const video of part) encoded.push(await encode(video));
    return encoded;
  };
  const data = { encoder: encoder.config, train: await encodeAll(train), valid: await encodeAll(valid) };
  encoder.dispose();
  return data;
}
