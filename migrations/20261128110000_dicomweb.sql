-- What DICOMweb shows of a project: its images, and of each reader's submitted regions a report and a presentation state. All of it
-- is read off what is kept already.

-- A UUID as a UID, PS3.5 section B.2: 2.25 and its 128 bits as one decimal number.
CREATE FUNCTION uid_of(id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '2.25.' || (('x' || substr(hex, 1, 8))::bit(32)::bigint * 79228162514264337593543950336::numeric
                     + ('x' || substr(hex, 9, 8))::bit(32)::bigint * 18446744073709551616::numeric
                     + ('x' || substr(hex, 17, 8))::bit(32)::bigint * 4294967296::numeric
                     + ('x' || substr(hex, 25, 8))::bit(32)::bigint)::text
    FROM (SELECT replace(id::text, '-', '') AS hex) AS digits
$$;

-- The UIDs of what has none of its own. Kept, since they are looked for and take longer to count out than to read.
ALTER TABLE studies ADD COLUMN uid text GENERATED ALWAYS AS (uid_of(id)) STORED;
ALTER TABLE images ADD COLUMN uid text GENERATED ALWAYS AS (uid_of(id)) STORED;
ALTER TABLE annotations ADD COLUMN uid text GENERATED ALWAYS AS (uid_of(id)) STORED;
CREATE INDEX studies_by_uid ON studies (uid);
CREATE INDEX images_by_study ON images (study_id);

-- An attribute with one value in the DICOM JSON model, PS3.18 annex F; without a value where there is none.
CREATE FUNCTION dicom_attribute(vr text, value anyelement) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value IS NULL THEN jsonb_build_object('vr', vr)
                ELSE jsonb_build_object('vr', vr, 'Value', jsonb_build_array(value)) END
$$;

-- What an image shares with all objects of its study: the patient and study modules of PS3.3, and that they are de-identified.
CREATE FUNCTION dicom_of_study(attributes jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(attributes)
    WHERE key IN ('00080020', '00080030', '00080050', '00080090', '00081030', '00100030', '00100040', '00101010', '00101020', '00101030',
                  '00120062', '00120063', '00120064', '00200010', '00280303')
$$;

-- Images with the headers that their files had; pictures that were no DICOM files become secondary captures. A slide, whose boxes are
-- in pixels of a level that no such object holds, is none of them. What stands in a column need not stand among the attributes.
CREATE VIEW dicom_images AS
SELECT 'image' AS kind, i.project_id, i.id AS image_id, i.attested_at IS NOT NULL AS attested, i.withheld, i.colour,
       p.pseudonym AS patient, h.header #>> '{00080060,Value,0}' AS modality, h.study_uid, h.series_uid, h.sop_uid, h.sop_class,
       h.header AS attributes
FROM images i JOIN dicom_headers h ON h.image_id = i.id JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
WHERE jsonb_typeof(i.facts -> 'pyramid') IS DISTINCT FROM 'array'
UNION ALL
SELECT 'capture', i.project_id, i.id, i.attested_at IS NOT NULL, i.withheld, i.colour,
       p.pseudonym, called.modality, s.uid, s.uid || '.' || called.number, i.uid,
       -- Secondary captures, PS3.4 section B.5: of one frame, or of several in colour, in 16 bits, in 8 bits.
       CASE WHEN i.frames = 1 THEN '1.2.840.10008.5.1.4.1.1.7' WHEN i.colour THEN '1.2.840.10008.5.1.4.1.1.7.4'
           WHEN i.bits = 16 THEN '1.2.840.10008.5.1.4.1.1.7.3' ELSE '1.2.840.10008.5.1.4.1.1.7.2' END,
       jsonb_build_object(
           '00080064', dicom_attribute('CS', 'WSD'::text),
           '00120062', dicom_attribute('CS', 'YES'::text),
           '00120063', dicom_attribute('LO', 'medreg: made of a picture without a header'::text),
           '00200011', dicom_attribute('IS', called.number),
           '00200013', dicom_attribute('IS', nullif(i.facts -> 'instance', 'null')),
           '00280008', dicom_attribute('IS', i.frames),
           '00280010', dicom_attribute('US', i.height),
           '00280011', dicom_attribute('US', i.width),
           '00280100', dicom_attribute('US', i.bits))
FROM images i JOIN studies s ON s.id = i.study_id JOIN patients p ON p.id = s.patient_id
LEFT JOIN dicom_headers h ON h.image_id = i.id
-- What is not told apart by a code of its own is OT.
JOIN (VALUES ('ct', 'CT', 1), ('mr', 'MR', 2), ('xray', 'CR', 3), ('mammography', 'MG', 4), ('ultrasound', 'US', 5), ('fundus', 'OP', 6),
             ('oct', 'OPT', 7), ('dermatology', 'XC', 8), ('pathology', 'SM', 9), ('endoscopy', 'ES', 10), ('nuclear', 'NM', 11),
             ('other', 'OT', 12)) AS called (kind, modality, number) ON called.kind = i.modality
WHERE h.image_id IS NULL AND jsonb_typeof(i.facts -> 'pyramid') IS DISTINCT FROM 'array';

-- Those, and of each submitted annotation a Comprehensive SR and, of grey images with something drawn on them, a Grayscale Softcopy
-- Presentation State. What was submitted anew is a new object: its UID is of the revision.
CREATE VIEW dicom_instances AS
SELECT project_id, image_id, attested, withheld, NULL::uuid AS annotation_id, NULL::uuid AS reader_id, NULL::bigint AS revision,
       kind, patient, modality, study_uid, series_uid, sop_uid, sop_class, attributes
FROM dicom_images
UNION ALL
SELECT i.project_id, i.image_id, i.attested, i.withheld, a.id, a.reader_id, a.submitted_revision,
       made.kind, i.patient, made.modality, i.study_uid, i.study_uid || '.' || made.number,
       a.uid || '.' || made.number || '.' || a.submitted_revision, made.class,
       dicom_of_study(i.attributes) || jsonb_build_object(
           '0008103E', dicom_attribute('LO', made.description),
           '00200011', dicom_attribute('IS', made.number),
           '00200013', dicom_attribute('IS', a.submitted_revision))
FROM dicom_images i JOIN annotations a ON a.image_id = i.image_id
CROSS JOIN (VALUES ('report', '1.2.840.10008.5.1.4.1.1.88.33', 'SR', 'Regions', 9001),
                   ('presentation', '1.2.840.10008.5.1.4.1.1.11.1', 'PR', 'Regions drawn on their images', 9002))
    AS made (kind, class, modality, description, number)
WHERE a.submitted_revision IS NOT NULL
  AND (made.kind = 'report' OR NOT i.colour AND EXISTS (
      SELECT FROM annotation_revisions r WHERE r.annotation_id = a.id AND r.revision = a.submitted_revision
          AND jsonb_path_exists(r.content, '$.regions[*] ? (!(@.presence == "absent"))')));
