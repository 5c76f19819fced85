#!/usr/bin/env bash
# usage: run.sh [--install] [vitest arguments]        npm run test:pytorch
# The tests of this folder, with the Python that PYTHON names and that has examples/pytorch/requirements.txt; --install makes one
# in .cache/pytorch (gigabytes). Exit status 77, with the reason, where there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PYTHON=${PYTHON:-$PWD/.cache/pytorch/bin/python}
if [[ ${1:-} == --install ]]; then
  shift
  python3 -m venv .cache/pytorch
  .cache/pytorch/bin/pip install --quiet --disable-pip-version-check --requirement examples/pytorch/requirements.txt
fi
if ! "$PYTHON" -c 'import numpy, safetensors, torch' 2>/dev/null; then
  echo "SKIP: $PYTHON has no torch, safetensors and numpy (npm run test:pytorch -- --install)" >&2
  exit 77
fi
exec node node_modules/vitest/vitest.mjs run --project pytorch "$@"
