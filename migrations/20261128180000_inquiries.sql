-- Questions that people ask a model about an image, with its answers. They are kept, with who asked which model what, and are no
-- annotation: nothing of them is in a snapshot.
CREATE TABLE inquiries (
    id uuid PRIMARY KEY,
    image_id uuid NOT NULL REFERENCES images,
    model_id uuid NOT NULL REFERENCES models,
    asked_by uuid NOT NULL REFERENCES users,
    lang text NOT NULL,
    question text NOT NULL CHECK (char_length(question) BETWEEN 1 AND 500),
    bbox double precision[] CHECK (cardinality(bbox) = 4),
    look_first boolean NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answering', 'answered', 'failed', 'withdrawn')),
    -- What is written so far: text, its regions, the regions it was written by.
    words jsonb NOT NULL DEFAULT '{"text": "", "regions": [], "looked_at": []}',
    confidence double precision CHECK (confidence BETWEEN 0 AND 1),
    -- Whether the model came to an end by itself.
    complete boolean,
    failure text,
    worker text,
    -- Which hand-out this is, and until when its worker is believed to be at it.
    attempt integer NOT NULL DEFAULT 0,
    until timestamptz,
    asked_at timestamptz NOT NULL DEFAULT now(),
    first_words_at timestamptz,
    ended_at timestamptz,
    CHECK ((state = 'answered') = (confidence IS NOT NULL AND complete IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX inquiries_open ON inquiries (id) WHERE state IN ('waiting', 'answering');
CREATE INDEX inquiries_by_image ON inquiries (image_id, id);
