-- A run's answers on its test split, judged: what its evaluation page shows. All of it comes from the artifact `predictions.jsonl`, which
-- stays what counts; a server reads it in the background, all of it or nothing, and again when the run gives another.
CREATE TABLE evaluations (
    run_id uuid PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('waiting', 'finished', 'failed')),
    -- The artifact that was read, or is to be.
    digest text NOT NULL,
    -- By which rules it was judged: another version of them judges anew.
    rules integer NOT NULL,
    -- How often a server began to read it.
    attempt integer NOT NULL DEFAULT 0,
    failure text,
    -- Scores with their intervals, slices, confusions, counts of faults.
    figures jsonb,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'finished') = (figures IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX evaluations_to_read ON evaluations (noticed_at) WHERE state = 'waiting';

CREATE TABLE predictions (
    run_id uuid NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    -- The number of the artifact's line, from 1.
    line integer NOT NULL CHECK (line > 0),
    image_id uuid NOT NULL REFERENCES images,
    patient text NOT NULL,
    task text NOT NULL CHECK (task IN ('r2t', 't2r')),
    lang text NOT NULL,
    concept text NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    truth text NOT NULL,
    truth_boxes jsonb NOT NULL,
    boxes jsonb NOT NULL,
    -- Whether the name is right, and which concept it is the name of.
    is_right boolean CHECK ((task = 'r2t') = (is_right IS NOT NULL)),
    named text,
    truths integer NOT NULL,
    predicted integer NOT NULL,
    hits integer NOT NULL,
    -- The sum of the IoU of all pairs of a true box and one of the answer.
    overlap double precision NOT NULL,
    -- From 0 to 1, all right.
    worth double precision NOT NULL CHECK (worth BETWEEN 0 AND 1),
    faults text[] NOT NULL,
    -- The same for the same question, whichever model was asked.
    asked text NOT NULL,
    -- The line with the same question in the other language.
    partner integer,
    PRIMARY KEY (run_id, line),
    UNIQUE (run_id, asked)
);
CREATE INDEX predictions_worst_first ON predictions (run_id, worth, line);
CREATE INDEX predictions_by_fault ON predictions USING gin (faults);
CREATE INDEX predictions_by_image ON predictions (image_id);
