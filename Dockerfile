# kheadless for pipelines whose jobs run in containers. Slim, not distroless: GitLab and others start a shell in it.
#
# The digest is that of the multi-platform index of node:24.18.0-bookworm-slim. It was taken from what many public
# repositories pin for that tag, as no registry could be asked where it was written; a wrong one fails the pull. Renew it with
#   docker buildx imagetools inspect node:24-bookworm-slim
ARG NODE_IMAGE=docker.io/library/node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit
COPY . .
RUN node scripts/build.mjs

FROM ${NODE_IMAGE}
COPY --from=build /src/package.json /src/LICENSE /src/CHANGELOG.md /opt/kheadless/
COPY --from=build /src/bin /opt/kheadless/bin
COPY --from=build /src/dist /opt/kheadless/dist
COPY --from=build /src/schema /opt/kheadless/schema
COPY --from=build /src/docs/rules /opt/kheadless/docs/rules
RUN ln -s /opt/kheadless/bin/kheadless.js /usr/local/bin/kheadless
# The image's own user `node`, by number, so that Kubernetes can see that it is not root.
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["kheadless"]
CMD ["--help"]
