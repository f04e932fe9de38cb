-- A snapshot written out as one file, by whichever server has time. A snapshot never changes, so one file for each layout is enough, and a
-- reader whose connection breaks goes on where it broke.
CREATE TABLE exports (
    snapshot_id text NOT NULL REFERENCES snapshots,
    format text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'writing', 'finished', 'failed')),
    -- Until when the server that writes it is believed to be at it.
    until timestamptz,
    -- Which hand-out of the work this is: a server that was believed dead is told so.
    attempt integer NOT NULL DEFAULT 0,
    -- Bytes written, and about how many it will be.
    written bigint NOT NULL DEFAULT 0,
    expected bigint NOT NULL CHECK (expected > 0),
    digest text,
    bytes bigint,
    failure text,
    asked_by uuid NOT NULL REFERENCES users,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_id, format),
    CHECK ((state = 'finished') = (digest IS NOT NULL AND bytes IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX exports_to_write ON exports (asked_at) WHERE state IN ('waiting', 'writing');
