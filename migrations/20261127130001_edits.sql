-- What a reader did with suggestions, beside how each ended.
-- How many characters of a suggestion's text were changed, by language: {lang: edits}; null where no region grew from it.
ALTER TABLE suggestion_outcomes ADD COLUMN edits jsonb;
-- Whether the submitted case's suggestions were shown (true) or kept back for the control group (false), and how many regions its
-- reader drew where none was suggested; null where there were no suggestions.
ALTER TABLE annotations ADD COLUMN assisted boolean;
ALTER TABLE annotations ADD COLUMN missed integer CHECK (missed >= 0);
