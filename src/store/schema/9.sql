-- The categories in whose `topics` outputs the topic stands, a JSON list: those of its stories, and those of stories that
-- reclustering took from it since it moved on last.
ALTER TABLE topics ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
UPDATE topics SET categories = (
    SELECT json_group_array(DISTINCT s.category) FROM stories s
    WHERE s.topic = topics.no AND s.alias_of IS NULL AND s.shown IS NOT NULL
) WHERE moved IS NOT NULL;
-- Whether it was part of another topic and has had no news since: its last item has left the outputs and does not return.
ALTER TABLE topics ADD COLUMN awaits_news INTEGER NOT NULL DEFAULT 0;
