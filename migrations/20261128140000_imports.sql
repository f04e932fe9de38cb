-- A data set on its way into a project: its files are put one by one, all of it is checked, then it is taken over; both by whichever server
-- has time. What is in the files stays in the object store until the data set is taken over or given up.
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    -- The layout, by its name on the command line.
    format text NOT NULL,
    choices jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('staging', 'to_check', 'checking', 'checked', 'to_take', 'taking', 'finished', 'failed', 'cancelled')),
    -- Until when the server that works on it is believed to be at it.
    until timestamptz,
    -- Which hand-out of the work this is: a server that was believed dead is told so.
    attempt integer NOT NULL DEFAULT 0,
    -- Files that were put, and their bytes.
    files bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    -- Images that were looked at, and how many there are; 0 while that is not known.
    done bigint NOT NULL DEFAULT 0,
    expected bigint NOT NULL DEFAULT 0,
    counts jsonb NOT NULL DEFAULT '{}',
    failure text,
    begun_by uuid NOT NULL REFERENCES users,
    begun_at timestamptz NOT NULL DEFAULT now(),
    -- When the work in hand was asked for or began, for how long it takes.
    worked_at timestamptz,
    -- When somebody last did something to it.
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX imports_of_project ON imports (project_id, begun_at DESC);
CREATE INDEX imports_to_do ON imports (touched_at) WHERE state IN ('to_check', 'checking', 'to_take', 'taking');

CREATE TABLE import_files (
    import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    path text NOT NULL,
    -- Where it lies among the import's files in the object store.
    object uuid NOT NULL,
    bytes bigint NOT NULL,
    -- When it was changed on the computer that it came from, in milliseconds since 1970: whether it need be sent again.
    modified bigint NOT NULL,
    PRIMARY KEY (import_id, path)
);

-- What could not be taken over, and why.
CREATE TABLE import_left_out (
    import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    number bigint NOT NULL,
    file text NOT NULL,
    line bigint,
    reason text NOT NULL,
    PRIMARY KEY (import_id, number)
);
