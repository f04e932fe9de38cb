-- What one reader made of one image. The content lives in revisions; nothing that was saved is ever changed.
CREATE TABLE annotations (
    id uuid PRIMARY KEY,
    image_id uuid NOT NULL REFERENCES images,
    reader_id uuid NOT NULL REFERENCES users,
    -- The revision that was submitted, if any; a later save opens the annotation again.
    submitted_revision bigint,
    submitted_at timestamptz,
    active_seconds double precision CHECK (active_seconds >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (image_id, reader_id)
);

CREATE TABLE annotation_revisions (
    annotation_id uuid NOT NULL REFERENCES annotations,
    revision bigint NOT NULL CHECK (revision > 0),
    content jsonb NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (annotation_id, revision)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER annotation_revisions_stay BEFORE UPDATE OR DELETE ON annotation_revisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Regions that a model proposed.
CREATE TABLE suggestions (
    id uuid PRIMARY KEY,
    image_id uuid NOT NULL REFERENCES images,
    model_id uuid NOT NULL REFERENCES models,
    bbox double precision[] NOT NULL CHECK (cardinality(bbox) = 4),
    concept text NOT NULL,
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    texts jsonb NOT NULL,
    -- A newer model's suggestions take the place of those that no reader has met.
    retired boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX suggestions_by_image ON suggestions (image_id) WHERE NOT retired;

-- What became of a suggestion once its reader submitted: the live measure of whether suggestions help.
CREATE TABLE suggestion_outcomes (
    suggestion_id uuid NOT NULL REFERENCES suggestions,
    annotation_id uuid NOT NULL REFERENCES annotations,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'adjusted', 'rejected', 'ignored')),
    -- Overlap of the reader's final box with the suggested one; null where there is no final box.
    iou double precision,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (suggestion_id, annotation_id)
);
