-- The days of the archive, and what was carried most in a span of time.
CREATE INDEX stories_published ON stories (published_at) WHERE shown IS NOT NULL AND alias_of IS NULL;
