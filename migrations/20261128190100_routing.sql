-- Which way cases go: two thresholds on calibrated confidences, off where there are none.
ALTER TABLE projects
    ADD COLUMN accept_from double precision CHECK (accept_from BETWEEN 0 AND 1),
    ADD COLUMN guess_below double precision CHECK (guess_below BETWEEN 0 AND accept_from),
    ADD COLUMN audit_percent smallint CHECK (audit_percent BETWEEN 2 AND 5),
    -- What the audit is drawn with. Told to nobody, lest a reader knows which cases are looked at again.
    ADD COLUMN audit_seed uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD CHECK (num_nulls(accept_from, guess_below, audit_percent) IN (0, 3));

CREATE TABLE case_routes (
    image_id uuid PRIMARY KEY REFERENCES images,
    -- Before anybody read it; stays as it was when it was read.
    route text NOT NULL CHECK (route IN ('accept_after_review', 'expert_first')),
    -- False for the control group and for held-out patients: a route tells how sure the model is.
    shown boolean NOT NULL,
    first_reader uuid REFERENCES users,
    -- Why a second reader looks, decided when the first submitted.
    second text CHECK (second IN ('disagreement', 'junior', 'audit')),
    second_reader uuid REFERENCES users,
    -- Whether the second reader's regions are others than the first's.
    changed boolean,
    CHECK (second IS NULL OR first_reader IS NOT NULL),
    CHECK (second_reader IS NULL OR second IS NOT NULL),
    CHECK ((second_reader IS NULL) = (changed IS NULL))
);

-- Where each case stands on its way: no route where the project has none, or nobody has to read it any more. What no model has looked at
-- is for an expert.
CREATE VIEW routed_cases AS
SELECT i.id AS image_id, r.first_reader, coalesce(r.shown, p.split <> 'test') AS shown,
       CASE WHEN q.accept_from IS NULL THEN NULL
            WHEN r.second IS NOT NULL AND r.second_reader IS NULL THEN 'second_reader'
            WHEN EXISTS (SELECT FROM annotations a WHERE a.image_id = i.id AND a.submitted_revision IS NOT NULL) THEN NULL
            ELSE coalesce(r.route, 'expert_first') END AS route
FROM images i
JOIN projects q ON q.id = i.project_id
JOIN studies s ON s.id = i.study_id
JOIN patients p ON p.id = s.patient_id
LEFT JOIN case_routes r ON r.image_id = i.id;
