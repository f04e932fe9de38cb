-- People and programs that sign in.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE CHECK (username ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 200),
    -- argon2id, PHC string format.
    password_hash text NOT NULL,
    is_admin boolean NOT NULL DEFAULT false,
    disabled boolean NOT NULL DEFAULT false,
    interface_lang text NOT NULL DEFAULT 'en' CHECK (interface_lang IN ('en', 'zh-Hans', 'ja')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A browser's session. Only the hash of its secret is kept, so that a copy of this table lets nobody in.
CREATE TABLE sessions (
    secret_hash bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- `user` acts as its owner; `worker` reaches the worker's endpoints and nothing else.
    scope text NOT NULL CHECK (scope IN ('user', 'worker')),
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- Failed sign-ins, for throttling per account and per address. Rows older than the window are removed as new ones come.
CREATE TABLE failed_sign_ins (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX failed_sign_ins_by_username ON failed_sign_ins (username, at);
CREATE INDEX failed_sign_ins_by_address ON failed_sign_ins (address, at);
