-- What a picture looks like in 256 bits: pictures that are nearly equal differ in few. Null until a server has looked at it.
ALTER TABLE images ADD COLUMN likeness bytea CHECK (octet_length(likeness) = 32);
CREATE INDEX images_without_likeness ON images (id) WHERE likeness IS NULL;
