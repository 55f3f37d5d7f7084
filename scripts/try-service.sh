#!/usr/bin/env bash
# Starts examples/service with a demo's tagger, sends it a video and what is none, and ends it as a supervisor would.
set -euo pipefail
demo=${1:?Usage: try-service.sh FOLDER-OF-A-DEMO}
demo=$(cd "$demo" && pwd)
cd "$(dirname "$0")/.."
log=$(mktemp)
port=18417

node --import tsx examples/service/main.ts "$demo/text-guided/best" "$port" 2>"$log" &
service=$!
trap 'kill "$service" 2>/dev/null || true; cat "$log"; rm -f "$log"' EXIT
for _ in $(seq 100); do
  if grep -q '^Tags at' "$log"; then break; fi
  sleep 0.2
done

post() {
  node --input-type=module -e '
    import { readFile } from "node:fs/promises";
    const [file, url] = process.argv.slice(1);
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(url, { method: "POST", headers, body: await readFile(file) });
    console.log(answer.status, await answer.text());
  ' "$1" "http://127.0.0.1:$port/tags?$2"
}
expect_answer() {
  local answer
  answer=$(post "$1" "$2")
  echo "${answer:0:300}"
  grep -q "$3" <<<"$answer"
}
expect_answer "$demo/datasets/feature_files/val_0001.pkl" title=best%20music '^200 {"tags":\[.*"present":\["image'
expect_answer "$demo/datasets/feature_files/val_0001.pkl" titel=best%20music '^400 .*Did you mean title'
expect_answer package.json title=best%20music '^400 {"error":"'
kill -TERM "$service"
wait "$service"
echo "The service answered, and ended when it was told to."
