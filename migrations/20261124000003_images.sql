-- A patient is a pseudonym: a keyed hash of what the file said, or the name an importer chose. Nothing else is kept.
CREATE TABLE patients (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    pseudonym text NOT NULL CHECK (char_length(pseudonym) BETWEEN 1 AND 100),
    -- Fixed when the patient is first seen, so that a later change of the shares moves nobody between splits.
    split text NOT NULL CHECK (split IN ('train', 'val', 'test')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, pseudonym)
);

CREATE TABLE studies (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    pseudonym text NOT NULL CHECK (char_length(pseudonym) BETWEEN 1 AND 100),
    UNIQUE (patient_id, pseudonym)
);

CREATE TABLE images (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    study_id uuid NOT NULL REFERENCES studies,
    modality text NOT NULL,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    frames integer NOT NULL DEFAULT 1 CHECK (frames > 0),
    bits smallint NOT NULL CHECK (bits IN (8, 16)),
    colour boolean NOT NULL,
    -- {center, width, min, max} in stored pixel values; null where 8-bit pixels are shown as they are.
    display_window jsonb,
    -- Row and column spacing in mm.
    spacing_row double precision CHECK (spacing_row > 0),
    spacing_column double precision CHECK (spacing_column > 0),
    -- Digests of the canonical pixels, a PNG for each frame.
    pixels text[] NOT NULL CHECK (cardinality(pixels) = frames),
    -- The 8-bit PNG as a reader first sees it: what is trained on and snapshotted.
    raster text NOT NULL,
    raster_bytes bigint NOT NULL CHECK (raster_bytes > 0),
    -- Null while a person has to say first that no patient data is burned into the pixels.
    attested_at timestamptz,
    attestation_reason text,
    -- Set when a person saw patient data burned in: the image is never served again.
    withheld boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The same pixels of the same study are the same image, however often they are sent.
    UNIQUE (study_id, raster)
);
CREATE INDEX images_by_project ON images (project_id, id);

-- Who may work on a case until when. One row at most for each image: a lease that has run out is taken over in place.
CREATE TABLE leases (
    image_id uuid PRIMARY KEY REFERENCES images,
    id uuid NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users,
    until timestamptz NOT NULL
);
CREATE INDEX leases_by_user ON leases (user_id);
