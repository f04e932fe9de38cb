-- Why an image was chosen, and why one waits for a person, as {kind, …}: what a page says in its reader's language. Null where it was
-- told in words alone; the words stay beside it in English for servers of before.
ALTER TABLE acquisition_items ADD COLUMN why jsonb;
ALTER TABLE images ADD COLUMN attestation_why jsonb;
