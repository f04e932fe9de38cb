-- What a DICOM file said besides its pixels, de-identified by PS3.15 annex E before it came here. An image that was no DICOM file, or
-- that came before headers were kept, has no row.
CREATE TABLE dicom_headers (
    image_id uuid PRIMARY KEY REFERENCES images,
    -- The pseudonymous UIDs that stand in the header too. They are unique inside a project: the same file has others in every other.
    study_uid text NOT NULL,
    series_uid text NOT NULL,
    sop_uid text NOT NULL,
    sop_class text NOT NULL,
    -- The data set in the DICOM JSON model, PS3.18 annex F: no group 2, no pixel data, no binary values.
    header jsonb NOT NULL,
    -- What was done to which attribute, and never what its value was.
    report jsonb NOT NULL
);
CREATE INDEX dicom_headers_by_study ON dicom_headers (study_uid, series_uid, sop_uid);
CREATE INDEX dicom_headers_by_series ON dicom_headers (series_uid);
CREATE INDEX dicom_headers_by_sop ON dicom_headers (sop_uid);

-- What of a patient a project's headers keep, PS3.15 sections E.3.6 and E.3.7: as little as there is, unless a lead says otherwise.
ALTER TABLE projects
    ADD COLUMN keep_dates text NOT NULL DEFAULT 'removed' CHECK (keep_dates IN ('removed', 'shifted')),
    ADD COLUMN keep_characteristics boolean NOT NULL DEFAULT false;
