-- How a picture is to be looked at and measured, as its file says; images of before have none until they are sent again.
ALTER TABLE images
    -- A keyed hash of the file's own name for its series, as patients and studies have.
    ADD COLUMN series text CHECK (char_length(series) BETWEEN 1 AND 100),
    -- What grey values mean, where the picture lies in the body, whether its compression lost something.
    ADD COLUMN facts jsonb;
