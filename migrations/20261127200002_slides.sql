-- Whole-slide images. images.pixels names one object, all tiles of all levels one after the other, and images.facts holds the
-- levels; a slide is brought to its readers tile by tile.
CREATE TABLE slides (
    image_id uuid PRIMARY KEY REFERENCES images,
    -- Where each tile begins in that object, and where the last one ends: 64-bit numbers, the highest byte first.
    edges bytea NOT NULL CHECK (octet_length(edges) % 8 = 0 AND octet_length(edges) >= 16)
);
-- Not compressed, so that the edges of one tile are read without those of all others.
ALTER TABLE slides ALTER COLUMN edges SET STORAGE EXTERNAL;
