#!/usr/bin/env bash
# The tests of this folder, with a real Slurm of three nodes on this machine: npm run test:slurm [-- vitest arguments]
# Exit status 77, with the reason, where there can be none.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ ${1:-} != inside ]]; then
  bash test/cluster/slurm check
  exec bash test/cluster/world bash "$0" inside "$@"
fi
shift
mkdir /run/slurm
bash test/cluster/slurm single /run/slurm 3 2
SLURM_CONF=/run/slurm/slurm.conf exec node node_modules/vitest/vitest.mjs run --project slurm "$@"
