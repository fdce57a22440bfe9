-- Editions in a row that were refused for good because of the recipient; since when nothing more is sent, and the answer.
ALTER TABLE recipients ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipients ADD COLUMN refused_at INTEGER;
ALTER TABLE recipients ADD COLUMN answer TEXT;
