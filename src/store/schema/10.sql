-- The categories in whose `topics` outputs an item of the topic has ever stood, a JSON list. The topic keeps its place in the
-- count of each, also after its item has left. Otherwise an older item that had left would come back to fill the place.
ALTER TABLE topics ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
UPDATE topics SET places = categories;
