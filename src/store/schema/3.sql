-- What entries said before their publishers changed them: the last few words of each.
CREATE TABLE revisions (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    entry INTEGER NOT NULL REFERENCES entries (no) ON DELETE CASCADE,
    -- Until when it said so.
    until INTEGER NOT NULL,
    title TEXT NOT NULL,
    -- The beginning of the text.
    text TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_entry ON revisions (entry, no);
