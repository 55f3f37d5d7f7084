import * as tf from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-web";
import { expect, test, vi } from "vitest";
import { ErnieEncoder } from "../../src/models/ernie-encoder.ts";
import { loadTagger, saveTagger } from "../../src/node/tagger-folder.ts";
import { exportEncoder } from "../../src/onnx/encoder-file.ts";
import { onnxTitleEncoder } from "../../src/onnx/onnx-title-encoder.ts";
import { exportTagger } from "../../src/onnx/tagger-file.ts";
import { VideoTagger } from "../../src/tagging/video-tagger.ts";
import { describeOnBackends } from "../support/backends.ts";
import { OnnxSession } from "../support/onnx-session.ts";
import { SMALL_SIZES, smallConfig } from "../support/small-tagger.ts";
import { smallVideos, smallVideoTagger } from "../support/small-video-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectClose, expectNoLeak } from "../support/tensors.ts";

const titles = [Int32Array.of(1, 5, 2), Int32Array.of(1, 4, 2)];

describeOnBackends(
  "A title encoder in onnxruntime",
  (backend, hasKernels) => {
    test("takes the place of a loaded tagger's own, with the same scores", async () => {
      const tagger = await smallVideoTagger(3);
      const { session } = await OnnxSession.open(exportEncoder(tagger.model.tower("text").encoder as ErnieEncoder));
      const folder = temporaryFolder();
      await saveTagger(tagger, folder);
      const other = await loadTagger(folder, { titleEncoders: { text: onnxTitleEncoder(session, ort) } });
      const [own, run] = [vi.spyOn(ErnieEncoder.prototype, "forward"), vi.spyOn(session, "run")];
      const expected = await tagger.tag(smallVideos());
      // Titles of two lengths: our kernels on wasm take them together, everything else one length at a time.
      const runs = hasKernels && backend === "wasm" ? 1 : 2;
      expect(own.mock.calls.length).toBe(runs);
      const got = await other.tag(smallVideos());
      expect([own.mock.calls.length, run.mock.calls.length]).toEqual([runs, 2]);
      for (const [index, { logits }] of expected.entries()) {
        expectClose(got[index]?.logits ?? [], logits, 1e-5, `video ${index}`);
      }
      await expectNoLeak(() => other.tag(smallVideos()));
      await session.release();
      tf.dispose([tagger, other].map(({ model }) => [...model.parameters().values()]));
    });

    test("answers calls that come at once, in their order, also behind one that fails", async () => {
      const tagger = await smallVideoTagger(3);
      const { session } = await OnnxSession.open(exportEncoder(tagger.model.tower("text").encoder as ErnieEncoder));
      const encoder = onnxTitleEncoder(session, ort);
      const alone = await encoder.encode(titles);
      const tooLong = [new Int32Array(10).fill(1)];
      const [first, failed, second] = await Promise.allSettled([
        encoder.encode(titles),
        encoder.encode(tooLong),
        encoder.encode(titles.slice(1)),
      ]);
      expect(first).toEqual({ status: "fulfilled", value: alone });
      expect(failed.status).toBe("rejected");
      expect(second).toEqual({ status: "fulfilled", value: alone.slice(3 * 4) });
      await session.release();
      tagger.dispose();
    });

    test("refuses a session that is no encoder", async () => {
      const tagger = await smallVideoTagger(3);
      const tensor = { getData: async () => new Uint16Array(4), dispose: () => {} };
      const sessionOf = (name: string) => onnxTitleEncoder({ run: async () => ({ [name]: tensor }) }, ort);
      await expect(sessionOf("logits").encode(titles)).rejects.toThrow(
        "The session must have an output last_hidden_state. Got none.",
      );
      await expect(sessionOf("last_hidden_state").encode(titles)).rejects.toThrow(
        "last_hidden_state must be float32. Got another type.",
      );
      const { session } = await OnnxSession.open(exportTagger(tagger));
      await expect(onnxTitleEncoder(session, ort).encode(titles)).rejects.toThrow("input 'text' is missing");
      await session.release();
      tagger.dispose();
    });

    test("goes with a frozen encoder only, and without a cache", async () => {
      const titleEncoders = { text: onnxTitleEncoder({ run: async () => ({}) }, ort) };
      const fineTuned = smallConfig({ text: { ...SMALL_SIZES.text, training: "fine-tuned" } });
      const withoutText = smallConfig({ text: undefined, isTextGuided: false });
      for (const [config, got] of [
        [fineTuned, "a trained one"],
        [withoutText, 'no text "text"'],
      ] as const) {
        const tagger = await smallVideoTagger(3, config);
        expect(() => new VideoTagger({ ...tagger.config, titleEncoders })).toThrow(
          `A title encoder takes the place of a frozen encoder. This model has ${got}.`,
        );
        tagger.dispose();
      }
      await expect(loadTagger("anywhere", { titleEncoders, encodingCache: "somewhere" })).rejects.toThrow(
        "loadTagger: a title encoder cannot share a cache with the tagger's own encoder.",
      );
    });
  },
  ["wasm"],
);
