# Two images from one build: `--target server` is the server with its page, `--target trainer` the worker.
# `docker compose up --build` makes both; by hand: docker build --target server -t medreg .

# --- The page ---------------------------------------------------------------------------------------------------------
FROM node:22-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

# --- The programs -----------------------------------------------------------------------------------------------------
FROM rust:1.95-bookworm AS programs
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock clippy.toml ./
COPY .sqlx .sqlx
COPY migrations migrations
COPY datasets datasets
COPY backend backend
COPY trainer trainer
# The page ships inside the server's binary.
COPY --from=page /src/web/dist web/dist
# Queries were checked against a database when .sqlx was written; the build needs none.
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p medreg -p medreg-trainer \
    && mkdir /out && cp target/release/medreg target/release/medreg-trainer /out/

# --- The server -------------------------------------------------------------------------------------------------------
FROM debian:bookworm-slim AS server
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/medreg --create-home medreg \
    && install -d -o medreg -g medreg -m 0700 /var/lib/medreg /run/worker-token
COPY --from=programs /out/medreg /usr/local/bin/medreg
USER medreg
ENV MEDREG_LISTEN=0.0.0.0:8080 MEDREG_DATA=/var/lib/medreg
VOLUME /var/lib/medreg
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD curl -fsS http://127.0.0.1:8080/api/health
ENTRYPOINT ["medreg"]
CMD ["serve"]

# --- The worker -------------------------------------------------------------------------------------------------------
FROM debian:bookworm-slim AS trainer
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/medreg --create-home medreg \
    && install -d -o medreg -g medreg -m 0700 /var/lib/medreg
COPY --from=programs /out/medreg-trainer /usr/local/bin/medreg-trainer
USER medreg
ENV MEDREG_CACHE=/var/lib/medreg
VOLUME /var/lib/medreg
ENTRYPOINT ["medreg-trainer"]
CMD ["worker"]
