-- A run goes on from its last checkpoint however often its worker is restarted; one that never comes further is given up.
ALTER TABLE runs
    -- The most that any worker reported as done.
    ADD COLUMN furthest bigint NOT NULL DEFAULT 0,
    -- Hand-outs in a row that did not come further than those before them.
    ADD COLUMN futile integer NOT NULL DEFAULT 0;
