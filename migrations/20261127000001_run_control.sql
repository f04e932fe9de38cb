-- What people say about a run, what it was cloned from, which checkpoints its worker keeps, and what that worker said.
ALTER TABLE runs
    ADD COLUMN notes text NOT NULL DEFAULT '' CHECK (char_length(notes) <= 10000),
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
    -- How often notes and tags were changed: a change names the one it was made from.
    ADD COLUMN notes_revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN cloned_from uuid REFERENCES runs,
    -- [{step, written_at, loss, best}], oldest first, as the worker told last.
    ADD COLUMN checkpoints jsonb NOT NULL DEFAULT '[]',
    -- The step whose checkpoint the run is to go on from, until its worker has written one after that.
    ADD COLUMN resume_from integer;
CREATE INDEX runs_by_tag ON runs USING gin (tags);

-- The newest lines of what workers said about a run. No patient data: a worker knows pseudonyms and ids only.
CREATE TABLE run_log (
    run_id uuid NOT NULL REFERENCES runs,
    -- The hand-out to a worker, and the line's place in it.
    attempt integer NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('info', 'warn', 'error')),
    message text NOT NULL,
    PRIMARY KEY (run_id, attempt, number)
);
