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
  return (await fetched("samples.json")).json() as Promise<readonly SampleVideo[]>;
}

/** @throws Error whose message is a sentence */
export async function fetchFeatures(file: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetched(file)).arrayBuffer());
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

async function fetched(file: string): Promise<Response> {
  const problem = `The page's own file ${file} could not be loaded. Is the network gone?`;
  const response = await fetch(new URL(file, FOLDER)).catch((cause: unknown) => {
    throw new Error(problem, { cause });
  });
  if (!response.ok) throw new Error(problem);
  return response;
}
