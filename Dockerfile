# Two images from one build: `--target server` is the server with its page, `--target trainer` the worker; and `--target trainer-gpu`,
# the worker for NVIDIA GPUs.
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

# --- The worker for NVIDIA GPUs ---------------------------------------------------------------------------------------
FROM nvidia/cuda:13.0.1-devel-ubuntu24.04 AS programs-gpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential ca-certificates cmake pkg-config \
    && rm -rf /var/lib/apt/lists/*
COPY --from=programs /usr/local/rustup /usr/local/rustup
COPY --from=programs /usr/local/cargo /usr/local/cargo
# Compute capability 8.0 runs on every data-centre GPU since the A100; newer ones compile it further when they first load it.
ARG CUDA_COMPUTE_CAP=80
ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:$PATH \
    CUDA_COMPUTE_CAP=$CUDA_COMPUTE_CAP LIBRARY_PATH=/usr/local/cuda/lib64/stubs
WORKDIR /src
COPY Cargo.toml Cargo.lock clippy.toml ./
COPY datasets datasets
COPY backend backend
COPY trainer trainer
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release -p medreg-trainer --features cuda \
    && mkdir /out && cp target/release/medreg-trainer /out/

FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04 AS trainer-gpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/medreg --create-home medreg \
    && install -d -o medreg -g medreg -m 0700 /var/lib/medreg
COPY --from=programs-gpu /out/medreg-trainer /usr/local/bin/medreg-trainer
USER medreg
ENV MEDREG_CACHE=/var/lib/medreg
VOLUME /var/lib/medreg
ENTRYPOINT ["medreg-trainer"]
CMD ["worker"]
