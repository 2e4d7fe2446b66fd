# The worker (docs/worker.md) for the sample project in this folder. A project that has tablecast among its dependencies
# needs less: the Dockerfile for it is in docs/worker.md.

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing of what is installed has to be compiled, and "prepare" wants the sources.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY handlers handlers
RUN npm run -s build && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
# graphql compares classes at every field, and looks for a second copy of itself each time unless told not to.
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# Resolvers, if the project has some, are copied here as well: as JavaScript, for esbuild is not in this image.
COPY schema.graphql ./
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TABLECAST_WORKER_PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM has to reach the worker itself: no shell and no npm before it, and at least 30 s until SIGKILL.
STOPSIGNAL SIGTERM
CMD ["node", "dist/src/cli/main.js", "worker"]
