# raftctl as an image: docker build -t raftctl:0.1.0 .
# The last stage has Debian, Node's binary and raftctl; neither npm nor a compiler.

FROM node:20.19.5-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.js
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM debian:12.10-slim
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /src/package.json /src/oclif.manifest.json /src/LICENSE /opt/raftctl/
COPY --from=build /src/bin /opt/raftctl/bin
COPY --from=build /src/dist /opt/raftctl/dist
COPY --from=build /src/profiles /opt/raftctl/profiles
COPY --from=build /src/node_modules /opt/raftctl/node_modules
COPY --from=build /src/docker/healthcheck.js /opt/raftctl/docker/healthcheck.js
RUN ln -s /opt/raftctl/bin/run.js /usr/local/bin/raftctl
RUN groupadd --gid 10001 raftctl && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin raftctl
RUN install -d -o 10001 -g 10001 -m 0750 /var/lib/raftctl
ENV NODE_ENV=production
ENV HOME=/tmp
WORKDIR /var/lib/raftctl
USER 10001:10001
VOLUME /var/lib/raftctl
EXPOSE 11000 12000 13000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/opt/raftctl/docker/healthcheck.js"]
ENTRYPOINT ["raftctl"]
CMD ["help"]
