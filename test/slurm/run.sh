#!/usr/bin/env bash
# usage: run.sh single|hosts [vitest arguments]
# The tests of this folder, with a real Slurm: of three nodes on this machine (npm run test:slurm), or on three hosts that
# share a MooseFS (npm run test:slurm-hosts). Exit status 77, with the reason, where there can be none.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
kind=${1:?}
shift
if [[ ${GALAPAGOS_SLURM_WORLD:-} != yes ]]; then
  bash test/cluster/slurm check
  [[ $kind == single ]] || bash test/cluster/moosefs check
  export GALAPAGOS_SLURM_WORLD=yes
  exec bash test/cluster/world bash "$0" "$kind" "$@"
fi
tests=(node node_modules/vitest/vitest.mjs run --project "slurm-$kind" "$@")
case $kind in
  single)
    mkdir /run/slurm
    bash test/cluster/slurm single /run/slurm 3 2
    SLURM_CONF=/run/slurm/slurm.conf exec "${tests[@]}"
    ;;
  hosts)
    # Not in /run, which is each host's own.
    SLURM_DIRECTORY=$(mktemp -d)
    export SLURM_DIRECTORY
    trap 'rm -rf "$SLURM_DIRECTORY"' EXIT
    # As on a real cluster, where it is five minutes: who was cut off for a while is not killed when it comes back.
    export SILENCE=120
    bash test/cluster/hosts network
    bash test/cluster/hosts run server 1 bash -c 'bash test/cluster/moosefs serve "$0" & exec bash test/cluster/slurm controller "$0" 3 2' \
      "$SLURM_DIRECTORY" &
    bash test/cluster/moosefs client bash test/cluster/slurm client "$SLURM_DIRECTORY" "${tests[@]}"
    ;;
  *) exit 2 ;;
esac
