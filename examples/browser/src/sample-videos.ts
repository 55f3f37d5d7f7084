import { fetchedBytes } from "./own-files.ts";

/** What the page knows of a video that it brings along: what its rows show is more than a feature file says. */
export interface SampleVideo {
  /** Of its feature file. */
  readonly file: string;
  readonly title: string;
  /** The labels of the scenes that its title names. */
  readonly labels: readonly string[];
  /** For each row of features the label of its scene; null where it shows noise. */
  readonly image: readonly (string | null)[];
  readonly audio: readonly (string | null)[];
}

const FOLDER = new URL("videos/", document.baseURI);

/** @throws Error whose message is a sentence */
export async function fetchSamples(): Promise<readonly SampleVideo[]> {
  const bytes = await fetchedBytes(addressOf("samples.json"));
  return JSON.parse(new TextDecoder().decode(bytes)) as readonly SampleVideo[];
}

/** Of a file that stands beside the list of videos. */
export function addressOf(file: string): string {
  return new URL(file, FOLDER).href;
}

/** The themes of a video's scenes, as a title would name them. */
export function themesOf({ image, audio }: SampleVideo): string[] {
  return [...new Set([...image, ...audio].flatMap((label) => (label === null ? [] : [sceneOf(label).theme])))];
}

/** `cat house/night/loud` in its parts. */
export function sceneOf(label: string): { readonly theme: string; readonly look: string; readonly sound: string } {
  const [theme = "", look = "", sound = ""] = label.split("/");
  return { theme, look, sound };
}
