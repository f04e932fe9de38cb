-- Images were told apart by what a reader first sees, the 8-bit rendering of the first frame: slices that are all black in
-- their window, or loops with the same first frame, were taken for one image and the later ones lost. Now all of an image
-- counts. Until they are replaced, servers of the version before answer 500 to an upload and keep nothing of it.

-- text[] has only one way to become text, which array_to_string for any array cannot promise.
CREATE FUNCTION digest_of(texts text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(array_to_string(texts, E'\n'), 'UTF8')), 'hex')
$$;

ALTER TABLE images
    -- The rendering too: pixels are stored shifted, so equal ones may still be shown differently.
    ADD COLUMN content_digest text NOT NULL GENERATED ALWAYS AS (digest_of(pixels || raster)) STORED,
    ADD UNIQUE (study_id, content_digest),
    DROP CONSTRAINT images_study_id_raster_key;
