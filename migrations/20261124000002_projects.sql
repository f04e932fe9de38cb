CREATE TABLE projects (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 200),
    -- The two BCP 47 tags in which regions are described.
    lang_first text NOT NULL,
    lang_second text NOT NULL CHECK (lang_second <> lang_first),
    guideline text NOT NULL DEFAULT '' CHECK (char_length(guideline) <= 100000),
    -- True where the images are generated; said wherever the project's data goes.
    synthetic boolean NOT NULL DEFAULT false,
    -- Percent of patients held out.
    val_share smallint NOT NULL DEFAULT 10 CHECK (val_share BETWEEN 0 AND 50),
    test_share smallint NOT NULL DEFAULT 20 CHECK (test_share BETWEEN 0 AND 50),
    -- Percent of cases shown without suggestions: the control group for their effect on readers.
    blind_share smallint NOT NULL DEFAULT 10 CHECK (blind_share BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE memberships (
    project_id uuid NOT NULL REFERENCES projects,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('annotator', 'reviewer', 'engineer', 'lead')),
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE concepts (
    project_id uuid NOT NULL REFERENCES projects,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,63}$'),
    kind text NOT NULL CHECK (kind IN ('structure', 'lesion')),
    -- {lang: name}
    names jsonb NOT NULL,
    modalities text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (project_id, key)
);
