# The patient, as the compose stack runs it. Build from the repository's root, where the lock file is:
#   docker build -f docs/compose/monolith.Dockerfile -t shop-monolith .
FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY monolith/package.json monolith/
RUN npm ci --workspace monolith --omit=dev --omit=optional --ignore-scripts
COPY monolith/migrations monolith/migrations
COPY monolith/seeds monolith/seeds
COPY monolith/src monolith/src
USER node
WORKDIR /app/monolith
EXPOSE 3000
# No shell around node: it must receive SIGTERM itself to drain.
CMD ["node", "src/main.ts"]
