-- What leads offer to be written of a concept, or of any: a short description in both languages, `{size}` where something is to be filled in.
CREATE TABLE templates (
    project_id uuid NOT NULL REFERENCES projects,
    -- Its place in the lead's own order.
    place integer NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- Null where it is for every concept. With its concept it goes.
    concept text,
    -- {lang: text}
    texts jsonb NOT NULL,
    PRIMARY KEY (project_id, place),
    FOREIGN KEY (project_id, concept) REFERENCES concepts (project_id, key) ON DELETE CASCADE
);
