# syntax=docker/dockerfile:1
# One image for the console and the agents: docker run parallax console | online | assistant
FROM node:20-bookworm-slim AS build
# The native packages are compiled here and only their results go on; the image brings Node's own headers.
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ make python3 libpcap-dev \
 && rm -rf /var/lib/apt/lists/*
ENV npm_config_nodedir=/usr/local NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY . .
RUN npm ci --include=dev --include=optional --no-audit --no-fund
RUN node scripts/build.mjs
RUN npm prune --omit=dev --no-audit --no-fund \
 && rm -rf apps/console/.next/cache

FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpcap0.8 iproute2 \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node -m 700 /data
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=build /app /app
VOLUME /data
# Agents need CAP_NET_RAW, which Docker gives only to root; docker-compose.yml runs the console as the user "node".
ENTRYPOINT ["/app/bin/parallax"]
CMD ["--help"]
