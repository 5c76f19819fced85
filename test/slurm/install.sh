#!/usr/bin/env bash
# Installs Debian's packages of Slurm, without starting any of its services.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
apt-get -qq -o DPkg::Lock::Timeout=120 update
apt-get -qq -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends \
  slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge iproute2
