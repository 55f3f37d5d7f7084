#!/usr/bin/env bash
# Makes the virtual environment of the peers that need Python: 6 GB, as PyTorch comes with libraries for GPUs.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv cache/python
cache/python/bin/pip install --requirement peers/requirements.txt
