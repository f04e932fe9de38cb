-- What a concept may be searched by besides its names: {lang: [synonym]}, and {terminology: code}.
ALTER TABLE concepts ADD COLUMN synonyms jsonb NOT NULL DEFAULT '{}';
ALTER TABLE concepts ADD COLUMN codes jsonb NOT NULL DEFAULT '{}';
