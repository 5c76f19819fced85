# Workers on NVIDIA GPUs. From the root of the clone:
#
#   docker build --file deploy/docker/cuda.Dockerfile --tag galapagos:0.1.0-cuda .
#   docker run --rm --gpus 1 --env GALAPAGOS_GPU=require --volume /shared:/shared galapagos:0.1.0-cuda worker /shared/runs/a
#
# TensorFlow 2.21 is made for CUDA 12 from 12.5 on and cuDNN 9 from 9.3 on, which the base brings; the driver is the host's.
FROM node:22-bookworm-slim AS node

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04 AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++=4:* python3=3.10.* python3-pip=22.* \
  && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /galapagos
COPY . .
RUN npm ci && npm run build \
  && node scripts/tfjs-node.mjs --gpu --version 2.21.0 --into /tfjs-node \
  && npm prune --omit=dev && rm -rf packages/*/src ~/.npm

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libstdc++6=12.* tini=0.19.* \
  && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /galapagos /galapagos
COPY --from=build /tfjs-node /tfjs-node
RUN ln -s /galapagos/packages/cli/bin/galapagos.js /usr/local/bin/galapagos
# What a worker keeps to itself goes to /tmp: the rest may be read-only.
ENV NODE_ENV=production HOME=/tmp GALAPAGOS_HEALTH_FILE=/tmp/galapagos-beats GALAPAGOS_PROGRAM=galapagos GALAPAGOS_TFJS_NODE=/tfjs-node
WORKDIR /tmp
USER 1000:1000
# A worker beats every two seconds, if it is not stuck and reaches the directory.
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=3 \
  CMD ["sh", "-c", "test -n \"$(find /tmp/galapagos-beats -mmin -1)\""]
# tini passes signals on, and reaps whom a trainer leaves behind.
ENTRYPOINT ["/usr/bin/tini", "--", "galapagos"]
CMD ["--help"]
