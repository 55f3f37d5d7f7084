import type { DecodedFeatures, DecodeOptions } from "multimodal-video-tag/data";
import { startWorkers } from "multimodal-video-tag/node";
import type { TaggedVideo, VideoFeatures, VideoTagger } from "multimodal-video-tag/tagging";

/** A thread that holds the tagger, and one beside it that reads feature files. */
export interface TaggerThread {
  tag(videos: readonly VideoFeatures[]): Promise<TaggedVideo[]>;
  read(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedFeatures>;
  /** Ends it, whatever it is doing: what was asked of it fails. */
  close(): Promise<void>;
}

/** Starts a thread with a copy of this thread's tagger. It has tagged a first video, of no rows, when the promise resolves. */
export async function startTaggerThread(tagger: VideoTagger): Promise<TaggerThread> {
  const workers = await startWorkers(tagger, { workers: 1 });
  try {
    await workers.tag([{}]);
  } catch (error) {
    await workers.close();
    throw error;
  }
  const { decode } = workers.sampleOptions;
  return {
    tag: (videos) => workers.tag(videos),
    read: async (bytes, options) => decode(bytes, options),
    close: () => workers.close(),
  };
}
