#!/usr/bin/env bash
# Runs the notebooks of examples/notebooks in the folder that try-packages.sh left, with the packed packages, in tslab.
# With --write it puts their output into the repository; else every cell must show what kinds of output it shows there.
set -euo pipefail
folder=${1:?Usage: run-notebooks.sh FOLDER-OF-TRY-PACKAGES [--write]}
folder=$(cd "$folder" && pwd)
write=${2:-}
cd "$(dirname "$0")/.."
repository=$PWD

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nbconvert==7.16.6 ipykernel==6.30.1
cp -r test/fixtures/golden/end-to-end/. "$folder/paddle"
cp examples/notebooks/* "$folder"

cd "$folder"
npm install --silent tslab@1.0.22
export PATH="$folder/venv/bin:$folder/node_modules/.bin:$PATH"
tslab install --sys-prefix --python="$folder/venv/bin/python3" >/dev/null
for notebook in *.ipynb; do
  jupyter nbconvert --log-level WARN --to notebook --execute --inplace "$notebook"
  python3 "$repository/scripts/compare-notebooks.py" "$notebook" "$repository/examples/notebooks/$notebook" $write
done
