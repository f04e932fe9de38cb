-- A round may be asked for in boxes too, the unit that readers' time goes into; rounds of before have no such limit.
ALTER TABLE acquisitions ADD COLUMN boxes integer CHECK (boxes BETWEEN 1 AND 1000000);
