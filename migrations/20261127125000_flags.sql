-- How much the bilingual checks found in an annotation when it was submitted; null before there were checks.
ALTER TABLE annotations ADD COLUMN flags integer CHECK (flags >= 0);
