-- What a recipient has chosen of the digest (model/preferences.rs); empty: nothing.
ALTER TABLE recipients ADD COLUMN preferences TEXT NOT NULL DEFAULT '';
CREATE INDEX recipients_choosing ON recipients (digest) WHERE preferences <> '';
-- The digest that an edition is of, for `digest` may be a segment of it.
ALTER TABLE editions ADD COLUMN sent_to TEXT NOT NULL
    GENERATED ALWAYS AS (substr(digest, 1, instr(digest || '~', '~') - 1)) VIRTUAL;
-- When the mail that asks for confirmation is tried again; NULL before the first attempt.
ALTER TABLE requests ADD COLUMN next_try_at INTEGER;
