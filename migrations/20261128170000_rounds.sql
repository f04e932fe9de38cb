-- What a round brought about, and where to look for it.
CREATE INDEX acquisition_items_by_image ON acquisition_items (image_id);

-- A submitted annotation counts for the round that had asked for its image last when its reading began, so that none counts twice.
CREATE VIEW round_cases AS
SELECT i.acquisition_id, i.image_id, coalesce(i.why ->> 'kind', 'said') AS reason_kind, a.id AS annotation_id, a.active_seconds, a.assisted,
       r.content, r.content #>> '{verdict,kind}' IS DISTINCT FROM 'not_assessable' AS teaches
FROM acquisition_items i
JOIN acquisitions q ON q.id = i.acquisition_id
JOIN annotations a ON a.image_id = i.image_id AND a.created_at >= q.finished_at
JOIN annotation_revisions r ON r.annotation_id = a.id AND r.revision = a.submitted_revision
WHERE q.state = 'finished' AND NOT EXISTS (
    SELECT FROM acquisition_items j JOIN acquisitions l ON l.id = j.acquisition_id
    WHERE j.image_id = i.image_id AND l.state = 'finished' AND l.finished_at > q.finished_at AND l.finished_at <= a.created_at
);

-- What each model said of an image, whether or not it was replaced since.
CREATE INDEX suggestions_by_model ON suggestions (image_id, model_id);
