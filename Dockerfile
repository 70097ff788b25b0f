# Two images: "gateway" (the default) has the gateway and nothing else, "speech" a local
# Lex with ears and a voice, for trying things. docs/2-operate/image.md explains both.
#
#   docker build --build-arg VERSION=v1.0.0 --build-arg SOURCE_DATE_EPOCH=1700000000 -t lexline .
#   docker build --target speech -t lexline-speech .
#
# make image builds the same without asking any registry: it lays the files out itself
# (scripts/imageroot) and gives them to the last stages in place of the stage "files".
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim
ARG SPEECH_BASE=debian-speech

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ARG SOURCE_DATE_EPOCH=0
RUN scripts/imageroot /out

FROM scratch AS files
COPY --from=build /out /

FROM ${DEBIAN_IMAGE} AS debian-speech
RUN apt-get update && \
    apt-get install -y --no-install-recommends flite pocketsphinx pocketsphinx-en-us && \
    rm -rf /var/lib/apt/lists/*

# A local Lex: pocketsphinx hears, flite speaks. It checks no credentials.
FROM ${SPEECH_BASE} AS speech
COPY --from=files /speech /
COPY --from=files --chown=65532:65532 /state /var/lib/lexline
ARG VERSION=unknown
LABEL org.opencontainers.image.title="lexline-speech" org.opencontainers.image.version="${VERSION}" org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
WORKDIR /var/lib/lexline
EXPOSE 8470
ENTRYPOINT ["/usr/bin/lexline"]
CMD ["bot", "serve", "--bot", "/usr/share/lexline/bots/OrderFlowers", "--listen", ":8470"]

FROM scratch AS gateway
COPY --from=files /gateway /
COPY --from=files --chown=65532:65532 /state /var/lib/lexline
ARG VERSION=unknown
LABEL org.opencontainers.image.title="lexline" org.opencontainers.image.version="${VERSION}" org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
WORKDIR /var/lib/lexline
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["/usr/bin/lexline", "health"]
ENTRYPOINT ["/usr/bin/lexline"]
CMD ["serve"]
