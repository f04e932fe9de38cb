-- Snapshots, runs on them, the models they give, and the rounds of active learning that ask those models.

CREATE TABLE snapshots (
    -- The SHA-256 of the canonical manifest.
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    project_id uuid NOT NULL REFERENCES projects,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- The canonical bytes themselves, so that the id can always be checked.
    manifest text NOT NULL,
    created_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX snapshots_by_project ON snapshots (project_id, created_at DESC);

-- The objects a snapshot names: what may be fetched through it.
CREATE TABLE snapshot_objects (
    snapshot_id text NOT NULL REFERENCES snapshots,
    digest text NOT NULL,
    PRIMARY KEY (snapshot_id, digest)
);

CREATE TABLE runs (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    snapshot_id text NOT NULL REFERENCES snapshots,
    base jsonb NOT NULL,
    config jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'stopping', 'finished', 'stopped', 'failed')),
    -- Which hand-out to a worker is the valid one; older ones are refused.
    attempt integer NOT NULL DEFAULT 0,
    worker text,
    claimed_until timestamptz,
    phase text,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    error text,
    evaluation jsonb,
    created_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX runs_by_project ON runs (project_id, created_at DESC);
CREATE INDEX runs_to_claim ON runs (created_at) WHERE state IN ('queued', 'running', 'stopping');

CREATE TABLE run_metrics (
    run_id uuid NOT NULL REFERENCES runs,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    step integer NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (run_id, name, step)
);

CREATE TABLE run_artifacts (
    run_id uuid NOT NULL REFERENCES runs,
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    digest text NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE models (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    run_id uuid NOT NULL UNIQUE REFERENCES runs,
    name text NOT NULL,
    card text NOT NULL,
    -- {file name: {sha256, bytes}}
    files jsonb NOT NULL,
    promoted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX models_by_project ON models (project_id, created_at DESC);
-- One model suggests at a time.
CREATE UNIQUE INDEX models_promoted ON models (project_id) WHERE promoted_at IS NOT NULL;

CREATE TABLE acquisitions (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    model jsonb NOT NULL,
    strategy text NOT NULL,
    budget integer NOT NULL CHECK (budget BETWEEN 1 AND 100000),
    seed bigint NOT NULL,
    -- How many rounds with a published model came before.
    round integer NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished', 'failed')),
    attempt integer NOT NULL DEFAULT 0,
    worker text,
    claimed_until timestamptz,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    error text,
    created_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX acquisitions_by_project ON acquisitions (project_id, created_at DESC);
CREATE INDEX acquisitions_to_claim ON acquisitions (created_at) WHERE state IN ('queued', 'running');

CREATE TABLE acquisition_items (
    acquisition_id uuid NOT NULL REFERENCES acquisitions,
    rank integer NOT NULL,
    image_id uuid NOT NULL REFERENCES images,
    score double precision NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (acquisition_id, rank),
    UNIQUE (acquisition_id, image_id)
);
