#!/usr/bin/env bash
# Packs both packages, has publint and are-the-types-wrong look at them, does what the README's first blocks say in an
# empty folder, and uses them there: as a program, from JavaScript, from TypeScript with node16 and bundler resolution,
# in a page that Vite builds, and in Bun and Deno.
set -euo pipefail
folder=${1:?Usage: try-packages.sh EMPTY-FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
repository=$PWD
version() { node -p "require('$repository/package-lock.json').packages['node_modules/$1'].version"; }
# The code of the README's n-th block in a language.
readme_block() { awk -v fence="\`\`\`$1" -v n="$2" '$1 == fence {i++; on = i == n; next} /^```/ {on = 0} on' README.md; }

for package in ernie-tokenizer-wasm multimodal-video-tag; do
  npm pack --silent --workspace "$package" --pack-destination "$folder" >/dev/null
  npx attw --profile esm-only --format ascii "$folder/$package"-*.tgz >"$folder/attw.txt" || { cat "$folder/attw.txt"; exit 1; }
done
npx publint --strict
npx publint --strict packages/ernie-tokenizer-wasm

readme_block sh 1 | sed "s|install multimodal-video-tag|install ./ernie-tokenizer-wasm-*.tgz ./multimodal-video-tag-*.tgz|" >"$folder/first-block.sh"
readme_block ts 1 >"$folder/tags.mjs"
cd "$folder"
grep -q 'npm install ./ernie' first-block.sh
# Two minutes, by processor time: what others do on the machine does not count.
SECONDS=0
TIMEFORMAT="%U %S"
{ time timeout 900 bash -euo pipefail first-block.sh >first-block.txt 2>first-block.log; } 2>first-block.time || { cat first-block.log; exit 1; }
awk '{ if ($1 + $2 > 120) exit 1 }' first-block.time
grep -q '^  predicted  .' first-block.txt
echo "The README's first block, as printed, took $SECONDS s, user and system time $(cat first-block.time) s. Its last lines:"
tail -7 first-block.txt
node tags.mjs >tags.txt
grep -q 'score: 0' tags.txt

npx multimodal-video-tag inspect --json demo/datasets/class.txt >/dev/null
npm pkg set type=module
npm install --silent "typescript@$(version typescript)" "vite@$(version vite)"

cat >use.ts <<'TS'
import { ErnieTokenizer } from "ernie-tokenizer-wasm";
import { RandomStream, type SequenceBatch } from "multimodal-video-tag";
import { VideoDataset } from "multimodal-video-tag/data";
import { readSafetensors } from "multimodal-video-tag/formats";
import { VideoTagger } from "multimodal-video-tag/tagging";
import { asKerasLayer } from "multimodal-video-tag/keras";
import { AttentionPooling, TextCnn } from "multimodal-video-tag/layers";
import { HitAtK } from "multimodal-video-tag/metrics";
import { ErnieEncoder, multimodalVideoTag, MultimodalTagger } from "multimodal-video-tag/models";
import { loadTagger } from "multimodal-video-tag/node";
import { train } from "multimodal-video-tag/training";

export const pooling = new AttentionPooling({ inputSize: 4, guideSize: 2 }, new RandomStream(1));
// @ts-expect-error an attention needs the width of a row
export const wrong = new AttentionPooling({ guideSize: 2 }, new RandomStream(1));
export const config = multimodalVideoTag({ numClasses: 110 });
export const used = [ErnieTokenizer, readSafetensors, TextCnn, HitAtK, ErnieEncoder, MultimodalTagger, train, VideoTagger, VideoDataset, loadTagger, asKerasLayer];
export type Used = SequenceBatch;
TS
npx tsc --noEmit --strict --skipLibCheck --module node16 --target es2022 use.ts
npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022 use.ts

# A page of layers, metrics and a reader. What Vite makes of it must hold nothing of Node, and run in a browser.
mkdir -p page
echo '<!doctype html><script type="module" src="./page.js"></script>' >page/index.html
cat >page/page.js <<'JS'
import * as tf from "@tensorflow/tfjs";
import { padSequences, RandomStream } from "multimodal-video-tag";
import { readSafetensors, writeSafetensors } from "multimodal-video-tag/formats";
import { AttentionPooling } from "multimodal-video-tag/layers";
import { HitAtK } from "multimodal-video-tag/metrics";

await tf.setBackend("cpu");
const pooling = new AttentionPooling({ inputSize: 2 }, new RandomStream(1));
const batch = padSequences([{ rows: 2, size: 2, data: Float32Array.of(1, 2, 3, 4) }, { rows: 1, size: 2, data: Float32Array.of(5, 6) }], 2);
const { weights } = pooling.forward(batch);
const metric = new HitAtK([1]);
metric.add(await weights.data(), [0]);
const { tensors } = readSafetensors(writeSafetensors(new Map([["w", { dtype: "float32", shape: weights.shape, data: await weights.data() }]])), { file: "memory" });
document.title = `Hit@1 ${metric.result().get(1)}, attention ${[...tensors.get("w").data].map((weight) => weight.toFixed(2))}`;
JS
echo 'export default { base: "./", build: { modulePreload: false } };' >page/vite.config.mjs
npx vite build page --logLevel error >vite.txt 2>&1 || { cat vite.txt; exit 1; }
test ! -s vite.txt || { cat vite.txt; exit 1; }
if grep -lE 'from"node:|__vite-browser-external|require\("fs' page/dist/assets/*.js; then echo "The page holds something of Node." >&2; exit 1; fi
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --allow-file-access-from-files \
  --user-data-dir="$folder/browser" --virtual-time-budget=10000 --dump-dom "file://$folder/page/dist/index.html" \
  2>browser.txt | grep -o '<title>.*</title>' | tee page.txt || true
grep -qE '<title>Hit@1 [01], attention 0.[0-9]+,0.[0-9]+,1.00,0.00</title>' page.txt || { cat browser.txt >&2; exit 1; }

# Other runtimes give what Node gives: the README's ten lines, and the demo with its trainings.
npm install --silent bun@1 deno@2
for runtime in "bun" "deno run -A"; do
  npx $runtime tags.mjs >"tags of $runtime.txt"
  # Each prints objects in a style of its own: the numbers are compared.
  cmp <(grep -oE '[0-9]\.[0-9]{9,}' tags.txt) <(grep -oE '[0-9]\.[0-9]{9,}' "tags of $runtime.txt")
  npx $runtime node_modules/multimodal-video-tag/dist/cli.js demo --videos 60 --epochs 1 --output "demo of $runtime" >demo.txt
  grep -q '^  predicted  .' demo.txt
done
echo "The packed packages work in an empty folder, in Node, Bun and Deno."
