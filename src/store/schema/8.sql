-- Pictures that stories have, by their addresses at the publishers.
CREATE TABLE pictures (
    no INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    -- When to ask for it; NULL once it was kept or given up.
    next_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    file INTEGER REFERENCES picture_files (no) ON DELETE SET NULL
) STRICT;
CREATE INDEX pictures_file ON pictures (file);
-- What is kept of them: two sizes, as JPEG. Files with the same bytes are one.
CREATE TABLE picture_files (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A hash of the bytes, in hexadecimal.
    name TEXT NOT NULL UNIQUE,
    -- Of the large size.
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    small BLOB,
    large BLOB NOT NULL
) STRICT;
-- Which story has which picture, and the feed that named it.
CREATE TABLE picture_stories (
    story INTEGER PRIMARY KEY REFERENCES stories (no) ON DELETE CASCADE,
    picture INTEGER NOT NULL REFERENCES pictures (no) ON DELETE CASCADE,
    feed INTEGER NOT NULL REFERENCES feeds (no),
    -- What is to be read in its place.
    alt TEXT
) STRICT;
CREATE INDEX picture_stories_picture ON picture_stories (picture);
