#!/usr/bin/env bash
# Packs both packages, installs them in an empty folder and uses them there: as a program, from JavaScript, and from
# TypeScript with node16 and bundler resolution.
set -euo pipefail
folder=${1:?Usage: try-packages.sh EMPTY-FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
version() { node -p "require('./package.json').devDependencies['$1']"; }

npm pack --silent --workspace ernie-tokenizer-wasm --pack-destination "$folder"
npm pack --silent --pack-destination "$folder"
tfjs=$(version @tensorflow/tfjs)
typescript=$(version typescript)

cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent ./ernie-tokenizer-wasm-*.tgz ./multimodal-video-tag-*.tgz \
  "@tensorflow/tfjs@$tfjs" "@tensorflow/tfjs-backend-wasm@$tfjs" "typescript@$typescript"

npx multimodal-video-tag demo --videos 60 --epochs 1 --output demo >demo.txt
grep -q 'predicted' demo.txt
npx multimodal-video-tag inspect --json demo/datasets/class.txt >/dev/null

cat >use.mjs <<'JS'
import { defaultBackend, loadTagger, openDataset } from "multimodal-video-tag/node";

await defaultBackend();
const tagger = await loadTagger("demo/text-guided/best");
const videos = await openDataset({ list: "demo/datasets/val.txt", features: "demo/datasets/feature_files" });
let count = 0;
for await (const { scores } of tagger.tagAll(videos)) count += scores.length > 0 ? 1 : 0;
if (count !== 30) throw new Error(`Expected 30 tagged videos. Got ${count}.`);
JS
node use.mjs

cat >use.ts <<'TS'
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { RandomStream, type SequenceBatch } from "multimodal-video-tag";
import { readSafetensors } from "multimodal-video-tag/formats";
import { AttentionPooling, TextCnn } from "multimodal-video-tag/layers";
import { HitAtK } from "multimodal-video-tag/metrics";
import { ErnieEncoder, multimodalVideoTag, MultimodalTagger } from "multimodal-video-tag/models";
import { train } from "multimodal-video-tag/training";
import { VideoTagger } from "multimodal-video-tag/inference";
import { VideoDataset } from "multimodal-video-tag/data";
import { loadTagger } from "multimodal-video-tag/node";

export const pooling = new AttentionPooling({ mode: "text-guided", featureSize: 4, textSize: 2 }, new RandomStream(1));
// @ts-expect-error a guided attention needs the width of the text
export const wrong = new AttentionPooling({ mode: "text-guided", featureSize: 4 }, new RandomStream(1));
export const config = multimodalVideoTag({ numClasses: 110 });
export const used = [ErnieTokenizer, readSafetensors, TextCnn, HitAtK, ErnieEncoder, MultimodalTagger, train, VideoTagger, VideoDataset, loadTagger];
export type Used = SequenceBatch;
TS
npx tsc --noEmit --strict --skipLibCheck --module node16 --target es2022 use.ts
npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022 use.ts
echo "The packed packages work in an empty folder."
