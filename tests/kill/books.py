"""The content of the database at one moment, and checks of it.

It opens a copy of the files as the kill left them, so that reading them does not do the daemon's recovery for it.
"""

import os
import shutil
import sqlite3
import tempfile


class Checks:
    """Counts checks by name and keeps what failed."""

    def __init__(self):
        self.passed, self.failures = {}, []

    def that(self, name, holds, detail=""):
        self.passed.setdefault(name, 0)
        if holds:
            self.passed[name] += 1
        else:
            self.failures.append((name, detail() if callable(detail) else detail))
        return holds

    def close(self, folder, keep):
        """Prints what failed, and deletes the folder if nothing did and it is not to be kept. Returns the exit code."""
        for name, detail in self.failures[:40]:
            print("FAILED  %s: %s" % (name, detail))
        print("%d passed, %d failed" % (sum(self.passed.values()), len(self.failures)))
        if keep or self.failures:
            print("kept: %s" % folder)
        else:
            shutil.rmtree(folder)
        return 1 if self.failures else 0

    def none(self, name, wrong):
        """Passes when the list of what is wrong is empty; otherwise keeps its first members as the detail."""
        wrong = sorted(wrong, key=str)
        return self.that(name, not wrong, "%d, such as %s" % (len(wrong), "; ".join(map(str, wrong[:3]))))


class Books:
    """The rows that matter, read once."""

    def __init__(self, path):
        folder = tempfile.mkdtemp(prefix="tidings-books-")
        try:
            copy = os.path.join(folder, "copy.db")
            for ending in ("", "-wal"):
                if os.path.exists(path + ending):
                    shutil.copyfile(path + ending, copy + ending)
            self._read(sqlite3.connect(copy))
        finally:
            shutil.rmtree(folder)

    def _read(self, db):
        all_of = lambda sql: db.execute(sql).fetchall()
        self.integrity = [row[0] for row in all_of("PRAGMA integrity_check")]
        self.foreign = all_of("PRAGMA foreign_key_check")
        self.entry_rows = all_of(
            "SELECT f.url, e.key, e.no, e.story, e.title, e.text FROM entries e JOIN feeds f ON f.no = e.feed")
        self.entries = {(row[0], row[1]): row for row in self.entry_rows}
        self.stories = {row[1].hex(): row for row in all_of(
            "SELECT no, id, published_at, alias_of, shown FROM stories")}
        self.filings = {row[0]: row for row in all_of("SELECT no, entry, story, topic, category FROM filings")}
        self.editions = {row[0]: row for row in all_of(
            "SELECT no, digest, due_at, id, subject, text FROM editions")}
        self.deliveries = {(row[0], row[1]): row for row in all_of(
            "SELECT edition, recipient, message_id, sent_at, next_try_at, attempts FROM deliveries")}
        self.orphans = all_of("SELECT no FROM entries WHERE story NOT IN (SELECT no FROM stories)") \
            + all_of("SELECT no FROM entries WHERE no NOT IN (SELECT entry FROM bodies)") \
            + all_of("SELECT no FROM entries WHERE no NOT IN (SELECT entry FROM filings)") \
            + all_of("SELECT no FROM entries WHERE reference NOT IN "
                     "(SELECT name FROM names UNION ALL SELECT name FROM names_gathered)") \
            + all_of("SELECT no FROM stories WHERE alias_of IS NULL AND no NOT IN (SELECT story FROM entries)") \
            + all_of("SELECT e.no FROM entries e JOIN stories s ON s.no = e.story WHERE s.alias_of IS NOT NULL") \
            + all_of("SELECT no FROM topics WHERE alias_of IS NULL "
                     "AND no NOT IN (SELECT topic FROM stories WHERE alias_of IS NULL)")
        filing = db.execute("SELECT filing FROM snapshot").fetchone() or (0,)
        parts = db.execute("SELECT desk FROM snapshot_parts ORDER BY no")
        self.snapshot = (filing[0], b"".join(part for (part,) in parts))
        db.close()

    def open_deliveries(self):
        return sum(row[4] is not None for row in self.deliveries.values())

    def check_alone(self, checks, promised):
        checks.that("integrity_check says ok", self.integrity == ["ok"], str(self.integrity[:3]))
        checks.none("foreign_key_check finds nothing", self.foreign)
        checks.that("no entry is stored twice", len(self.entries) == len(self.entry_rows),
                    "%d rows, %d entries" % (len(self.entry_rows), len(self.entries)))
        checks.none("entries, bodies, filings, stories and topics belong together", self.orphans)
        checks.none("what the validators sent back stand for is stored", promised - self.entries.keys())
        due = [(row[1], row[2]) for row in self.editions.values()]
        checks.that("no edition twice for one due time", len(due) == len(set(due)), str(due))

    def check_after(self, checks, before):
        """Checks that nothing that was committed `before` is gone, or has changed where it must not."""
        gone = [key for key, row in before.entries.items() if key not in self.entries or self.entries[key][2] != row[2]]
        checks.none("a stored entry stays, under its number", gone)
        checks.none("a story's id never vanishes", before.stories.keys() - self.stories.keys())
        both = [(id, row, self.stories[id]) for id, row in before.stories.items() if id in self.stories]
        checks.none("a story's date is frozen", [id for id, old, new in both if old[2] != new[2]])
        checks.none("an id stays with its story", [id for id, old, new in both if old[0] != new[0]])
        checks.none("an alias stays an alias", [id for id, old, new in both if old[3] is not None and new[3] is None])
        checks.none("a published story stays published", [id for id, old, new in both if old[4] != new[4]])
        checks.none("the ledger is only appended to",
                    [no for no, row in before.filings.items() if self.filings.get(no, row) != row])
        checks.none("the ledger forgets only what was filed again since, and never an entry's first filing",
                    [no for no in before.filings.keys() - self.filings.keys() if not self._may_be_forgotten(no, before)])
        checks.none("an edition is frozen", [no for no, row in before.editions.items() if self.editions.get(no) != row])
        changed = [key for key, row in before.deliveries.items()
                   if key not in self.deliveries or self.deliveries[key][2] != row[2]
                   or (row[3] is not None and self.deliveries[key][3] != row[3])]
        checks.none("a delivery keeps its Message-ID, and stays sent", changed)

    def _may_be_forgotten(self, no, before):
        """Whether the store may have thinned this filing: between an entry's first and last, and in the snapshot."""
        entry = before.filings[no][1]
        kept = [other for other, row in self.filings.items() if row[1] == entry]
        return bool(kept) and min(kept) < no < max(kept) and no <= self.snapshot[0]

    def story_of(self, key):
        """The number of the story that an entry is in; aliases are followed."""
        into = {row[0]: row[3] for row in self.stories.values()}
        story = self.entries[key][3]
        while into.get(story) is not None:
            story = into[story]
        return story
