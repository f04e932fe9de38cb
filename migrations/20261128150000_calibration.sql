-- Whether a confidence was held against outcomes, what it was made from, and the box widened so that it holds all of what it marks.
-- A model of before knows none of it, and a running server of before writes none.
ALTER TABLE suggestions
    ADD COLUMN calibrated boolean NOT NULL DEFAULT false,
    ADD COLUMN signals jsonb,
    ADD COLUMN outer_bbox double precision[] CHECK (cardinality(outer_bbox) = 4);
