# A small image with nothing but the binary:
#   docker run --rm -v "$PWD:/src:ro" ghcr.io/shmlint/shmlint
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY . .
RUN cargo install --path . --locked --root /out

FROM scratch
COPY --from=build /out/bin/shmlint /shmlint
COPY LICENSE-MIT LICENSE-APACHE /
# Nobody: the binary needs to read what is mounted, and to write only for --fix.
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/shmlint"]
