-- Who did what, when: append-only and hash-chained (21 CFR 11.10(e)). No report text and no patient data in it.
CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    -- Null for the system itself.
    user_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL,
    -- SHA-256 over the previous row's hash and this row's fields.
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
