# The server and its command line: `docker build -t armature .`
FROM node:20-slim AS build
WORKDIR /armature
COPY .npmrc package.json package-lock.json tsconfig.base.json tsconfig.json ./
COPY packages packages
RUN npm ci && npx tsc -b && npm ci --omit=dev && rm -rf packages/*/src packages/*/test

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /armature
COPY --from=build /armature /armature
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4400
ENTRYPOINT ["node", "/armature/packages/server/bin/armature.js"]
CMD ["serve", "--host", "0.0.0.0", "--port", "4400", "--experiments", "/experiments", "--data", "/data"]
