# A small image with nothing but the static binary of an archive of the release:
#
#   .github/release.sh image dist && docker build -t shmlint .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/src" ghcr.io/shmlint/shmlint
FROM scratch
LABEL org.opencontainers.image.title="shmlint" \
      org.opencontainers.image.description="Finds GPU containers that get the 64 MiB default /dev/shm" \
      org.opencontainers.image.source="https://github.com/shmlint/shmlint" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
ARG TARGETARCH
COPY target/image/${TARGETARCH}/shmlint /shmlint
COPY LICENSE-MIT LICENSE-APACHE /
# Nobody: the binary needs to read what is mounted, and to write only for --fix.
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/shmlint"]
