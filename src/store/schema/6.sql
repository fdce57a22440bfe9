-- Addresses that somebody entered, until their owner confirms, and for some days after.
CREATE TABLE requests (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    address TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    asked_at INTEGER NOT NULL,
    -- When the mail that asks for confirmation was taken, or given up.
    mailed_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    confirmed_at INTEGER,
    UNIQUE (digest, address)
) STRICT;
CREATE INDEX requests_asked ON requests (asked_at);
-- When a recipient whom feeds.toml does not name confirmed that they want the digest.
ALTER TABLE recipients ADD COLUMN confirmed_at INTEGER;
