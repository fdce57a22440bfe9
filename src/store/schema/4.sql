-- When somebody asked for an edition beside the schedule, until it is composed.
ALTER TABLE digests ADD COLUMN wanted_at INTEGER;
