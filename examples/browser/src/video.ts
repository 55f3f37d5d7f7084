import { addressOf, type SampleVideo } from "./sample-videos.ts";

/** A video that the page can tag. */
export interface Video {
  /** The name of its feature file. */
  readonly file: string;
  /** Where the feature file is: an address, or what the reader gave to the page. */
  readonly source: string | File;
  /** What the page calls the video in a sentence: "video 3", "clip.pkl". */
  readonly name: string;
  /** What the page knows beyond the features, of a video that it brings along. */
  readonly sample?: SampleVideo;
  /** What the title field shows when the video is chosen. */
  title: string;
}

/** A video that the page brings along. */
export function bundledVideo(sample: SampleVideo, index: number): Video {
  const { file, title } = sample;
  return { file, source: addressOf(file), name: `video ${index + 1}`, sample, title };
}

/** A feature file of the reader's own. It holds no title: what the field shows is that of another video. */
export function ownVideo(file: File): Video {
  return { file: file.name, source: file, name: file.name, title: "" };
}

/** Whether the page knows nothing of the video but its features. */
export function isOwn(video: Video | undefined): video is Video {
  return video !== undefined && video.sample === undefined;
}
