-- A file of a snapshot is kept for a while after it was written, and can be made again. A server of before leaves the days from when it was
-- asked for.
ALTER TABLE exports ADD COLUMN kept_until timestamptz NOT NULL DEFAULT now() + interval '30 days';
CREATE INDEX exports_kept ON exports (kept_until) WHERE state IN ('finished', 'failed');
