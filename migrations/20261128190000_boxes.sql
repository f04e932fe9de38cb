-- A round may be asked for in boxes too, the unit that readers' time goes into; rounds of before have no such limit.
ALTER TABLE acquisitions ADD COLUMN boxes integer CHECK (boxes BETWEEN 1 AND 1000000);

-- How sure the round's model was of each of its answers about an image, as measured, also where it proposed nothing there: an array of
-- QuestionSignals. A worker of before tells none.
CREATE TABLE round_signals (
    acquisition_id uuid NOT NULL REFERENCES acquisitions,
    image_id uuid NOT NULL REFERENCES images,
    questions jsonb NOT NULL,
    PRIMARY KEY (acquisition_id, image_id)
);
