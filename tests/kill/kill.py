#!/usr/bin/env python3
"""Kills the daemon at random moments and checks that nothing is lost and nothing doubled.

    tests/kill/kill.py target/release/tidings [--kills 20] [--sending] [--seed N] [--keep]

It serves feeds that change all the time and takes the mails of digests that are due every minute, all on loopback;
kills the daemon with SIGKILL, half of the times while it takes feeds in, half while it sends an edition (with
`--sending` every time); starts it again each time; and looks into the database after every kill. Exit code 0 when
every check holds, 1 otherwise.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

from books import Books, Checks
from daemon import Daemon, free_port
from origin import Origin
from sink import Sink

FEEDS = 12
DIGESTS = ("early", "noon", "late")
RECIPIENTS = 8

# How long the mail server waits before it says that it has taken a message, in seconds.
ANSWER_DELAY_S = (0.02, 0.25)

# The same while the daemon is told to stop during an edition: so long that it cannot send all open deliveries before its end.
SLOW_ANSWER_DELAY_S = (0.8, 1.2)

# How long to wait at the end until everything is filed and sent, in seconds.
DRAIN_LIMIT_S = 100


class Harness:
    def __init__(self, options, folder):
        self.random = random.Random(options.seed)
        self.folder = folder
        self.origin = Origin(FEEDS, options.seed)
        self.sink = Sink(options.seed, ANSWER_DELAY_S)
        self.daemon = Daemon(os.path.abspath(options.program), folder, free_port())
        self.database = os.path.join(folder, "data", "tidings.db")
        self.checks = Checks()
        self.before = None
        # Lives that ended by SIGTERM, and so must not double a mail.
        self.gentle = set()
        self.started = time.monotonic()
        with open(os.path.join(folder, "feeds.toml"), "w", encoding="utf-8") as config:
            config.write(self.config("data/tidings.db"))

    def config(self, database):
        to = ", ".join('"reader-%d@sink.example"' % n for n in range(RECIPIENTS))
        parts = [
            '[site]\ntitle = "Kill"\nlisten = "127.0.0.1:%d"\n' % self.daemon.port,
            '[store]\npath = "%s"\n' % database,
            '[poll]\nmin_interval = "1s"\ninterval = "1s"\nhost_pause = "0s"\nallow_private = true\n',
            '[mail]\nsmtp = "smtp://127.0.0.1:%d"\nfrom = "tidings@sink.example"\n' % self.sink.port,
        ]
        parts += ['[[feed]]\nurl = "%s"\n%s' % (feed.url, 'category = "world"\n' if feed.number % 3 == 0 else "")
                  for feed in self.origin.feeds]
        parts += ['[[digest]]\nname = "%s"\nschedule = "* * * * *"\nto = [%s]\n' % (name, to) for name in DIGESTS]
        return "\n".join(parts)

    def say(self, text):
        print("%6.1f s  %s" % (time.monotonic() - self.started, text), flush=True)

    def start(self, wait=True):
        self.daemon.start()
        self.sink.life = self.daemon.life
        if wait:
            self.checks.that("the daemon starts again", self.daemon.wait_ready(),
                             lambda: "life %d: %s" % (self.daemon.life, self.last_words()))

    def last_words(self):
        with open(self.daemon.log_path(self.daemon.life), encoding="utf-8", errors="replace") as log:
            return log.read()[-600:]

    def look(self):
        """Reads the database that a dead daemon left, and checks it."""
        # Asked before the database is read: what is promised by now must be in it.
        promised = self.origin.promised()
        books = Books(self.database)
        books.check_alone(self.checks, promised)
        if self.before is not None:
            books.check_after(self.checks, self.before)
        self.before = books
        return books

    def kill(self, number, why):
        self.checks.that("the daemon lives until it is killed", not self.daemon.is_gone(), self.last_words)
        self.daemon.kill()
        mails = len(self.sink.mails)
        books = self.look()
        self.say("kill %2d  %-44s %5d entries, %5d stories, %2d editions, %3d mails, %2d open"
                 % (number, why, len(books.entries), len(books.stories), len(books.editions), mails,
                    books.open_deliveries()))

    def kill_at_start(self, number):
        wait = self.random.uniform(0, 0.25)
        self.start(wait=False)
        time.sleep(wait)
        self.kill(number, "%.0f ms after its start" % (wait * 1000))

    def kill_in_intake(self, number):
        self.start()
        documents, wait = self.random.randint(1, 2 * FEEDS), self.random.uniform(0, 0.15)
        self.origin.wait_whole(documents, 15, self.daemon.is_gone)
        time.sleep(wait)
        self.kill(number, "taking in: %.0f ms after document %d" % (wait * 1000, documents))

    def kill_in_sending(self, number):
        self.start()
        mails, wait = self.random.randint(1, 4), self.random.uniform(0, 1.3 * ANSWER_DELAY_S[1])
        in_time = self.sink.wait_taken(mails, 75, self.daemon.is_gone)
        self.checks.that("editions are sent when due, and open deliveries after a restart", in_time, self.last_words)
        time.sleep(wait)
        self.kill(number, "sending: %.0f ms after mail %d" % (wait * 1000, mails))

    def stop_gently(self, why):
        self.gentle.add(self.daemon.life)
        code, took = self.daemon.terminate()
        self.checks.that("SIGTERM ends it within 10 s, with code 0", code == 0 and took <= 10,
                         "code %s after %.1f s" % (code, took))
        books = self.look()
        self.say("SIGTERM  %s: ended after %.2f s, %d open" % (why, took, books.open_deliveries()))
        return books

    def stop_in_sending(self):
        self.sink.delay = SLOW_ANSWER_DELAY_S
        self.start()
        self.sink.wait_taken(2, 15, self.daemon.is_gone)
        self.stop_gently("while sending to a slow server")
        self.sink.delay = ANSWER_DELAY_S

    def run(self, kills, only_sending):
        """All kills: while an edition is sent, if there is something to send, and otherwise while feeds are taken in."""
        sending = kills if only_sending else kills // 2
        intake = kills - sending
        stop_after, stopped_in_sending = kills // 3, False
        for number in range(1, kills + 1):
            to_boundary = 60 - time.time() % 60
            has_mail = self.before is not None and (self.before.open_deliveries() > 0 or to_boundary < 4)
            if sending and (has_mail or not intake):
                sending -= 1
                self.kill_in_sending(number)
                if not stopped_in_sending and self.before.open_deliveries() > 12:
                    stopped_in_sending = True
                    self.stop_in_sending()
            elif intake % 5 == 0 and self.before is not None:
                intake -= 1
                self.kill_at_start(number)
            else:
                intake -= 1
                self.kill_in_intake(number)
            if number == stop_after:
                # A gentle stop saves the desk: later starts restore it from snapshot and journal.
                self.start()
                self.origin.wait_whole(FEEDS, 15, self.daemon.is_gone)
                self.stop_gently("between two kills")

    def drain(self):
        """Lets everything be filed and sent while nothing changes any more."""
        self.start()
        self.origin.wait_whole(FEEDS, 15, self.daemon.is_gone)
        self.origin.freeze()
        self.sink.delay = (0, 0.01)
        deadline = time.monotonic() + DRAIN_LIMIT_S
        while time.monotonic() < deadline and not self.daemon.is_gone():
            time.sleep(0.25)
            # Not around the full minute, when the next edition is due and deliveries open again.
            if self.origin.settled() and 3 < time.time() % 60 < 57 and Books(self.database).open_deliveries() == 0:
                break
        self.checks.that("the daemon lives until it is stopped", not self.daemon.is_gone(), self.last_words)
        self.checks.that("every feed is polled to the end", self.origin.settled())

    def check_entries(self, books):
        served = self.origin.served_now()
        checks = self.checks
        checks.none("everything still served is stored", served.keys() - books.entries.keys())
        stored = [(key, entry, books.entries[key]) for key, entry in served.items() if key in books.entries]
        checks.none("everything still served is stored in its last words",
                    [key for key, entry, row in stored if (row[4], row[5]) != (entry.title, entry.text)])
        copies = [keys for keys in self.origin.copies.values() if all(key in books.entries for key in keys)]
        checks.that("there were copies", len(copies) > 10, str(len(copies)))
        checks.none("copies are one story", [keys for keys in copies if len({books.story_of(key) for key in keys}) > 1])
        checks.none("validators come back byte for byte, and only those of whole documents", self.origin.complaints)
        checks.that("there were answers without a body", self.origin.not_modified > 0)

    def check_mail(self, books):
        checks, mails = self.checks, self.sink.mails
        wanted = {row[2]: key for key, row in books.deliveries.items()}
        checks.none("every mail belongs to a delivery, and went to its recipient",
                    [mail.message_id for mail in mails
                     if mail.message_id not in wanted or wanted[mail.message_id][1] != mail.recipient])
        taken = {}
        for mail in mails:
            taken.setdefault(mail.message_id, []).append(mail.life)
        checks.none("every recipient got every edition", wanted.keys() - taken.keys())
        checks.none("every delivery is marked sent", [key for key, row in books.deliveries.items() if row[3] is None])
        checks.that("every edition has all its deliveries",
                    len(books.deliveries) == len(books.editions) * RECIPIENTS,
                    "%d deliveries of %d editions" % (len(books.deliveries), len(books.editions)))
        checks.none("a mail is doubled only when a kill fell between",
                    [(id, lives) for id, lives in taken.items() if len(set(lives)) < len(lives)])
        doubled_by = [life for lives in taken.values() for life in lives[:-1]]
        checks.none("a kill doubles one mail at most",
                    [life for life in set(doubled_by) if doubled_by.count(life) > 1])
        checks.none("a gentle stop doubles no mail",
                    [id for id, lives in taken.items() if self.gentle.intersection(lives[:-1])])
        return len(mails), len(doubled_by)

    def check_desk(self):
        """The desk that a start restores from snapshot and journal is, byte for byte, the desk of the daemon that lived on."""
        copy = os.path.join(self.folder, "data", "copy.db")
        code = self.daemon.command("backup", copy, name="backup")
        if not self.checks.that("a backup can be made beside the daemon", code == 0, "code %s" % code):
            return self.stop_gently("at the end")
        lived = self.stop_gently("at the end")
        with open(os.path.join(self.folder, "copy.toml"), "w", encoding="utf-8") as config:
            config.write(self.config("data/copy.db"))
        journal = Books(copy).snapshot[0] < max(lived.filings)
        self.checks.that("there was a journal to restore from", journal)
        code = self.daemon.command("run", "--once", name="copy", config="copy.toml")
        restored = Books(copy)
        self.checks.that("the backup runs", code == 0, "code %s" % code)
        self.checks.that("nothing new is filed after the drain", restored.filings == lived.filings)
        self.checks.that("the desk restored from snapshot and journal is the desk that lived on",
                         restored.snapshot == lived.snapshot,
                         "%d and %d bytes" % (len(restored.snapshot[1]), len(lived.snapshot[1])))
        return lived

    def check_outputs(self):
        """The merged feeds over HTTP: well-formed, each story once, the ids and dates those of the database."""
        books = Books(self.database)
        shown = {row[1].hex(): row for row in books.stories.values() if row[3] is None and row[4] is not None}
        uuid = lambda urn: urn.replace("urn:uuid:", "").replace("-", "")
        status, body = self.daemon.get("/all.json")
        if status == 404:
            self.say("outputs are not served yet; not checked")
            return
        items = json.loads(body)["items"]
        ids = [uuid(item["id"]) for item in items]
        self.checks.that("an output shows each story once", len(set(ids)) == len(ids) > 0, str(len(ids)))
        self.checks.none("an output shows stored stories", set(ids) - shown.keys())
        newest = sorted(shown, key=lambda id: -shown[id][4])[:len(ids)]
        self.checks.that("an output shows the newest stories", set(newest) == set(ids))
        atom = "{http://www.w3.org/2005/Atom}"
        for path, tag, id_tag in (("/all.atom", atom + "entry", atom + "id"), ("/all.rss", "item", "guid")):
            status, body = self.daemon.get(path)
            found = [uuid(entry.findtext(id_tag)) for entry in xml.fromstring(body).iter(tag)] if status == 200 else []
            self.checks.that("every format shows the same stories", found == ids, "%s: %d" % (path, len(found)))

    def check_logs(self):
        lines = list(self.daemon.logs())
        bad = [(name, line) for name, line in lines
               if " ERROR " in line or "panicked" in line or "begins to learn anew" in line]
        self.checks.none("no log tells of an error, a panic or a desk that learns anew", bad)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="the tidings binary")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--sending", action="store_true", help="kill only while an edition goes out")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="keep the folder with database and logs")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    folder = tempfile.mkdtemp(prefix="tidings-kill-")
    print("kill.py: %d kills, seed %d, in %s" % (options.kills, options.seed, folder), flush=True)
    harness = Harness(options, folder)
    try:
        harness.run(options.kills, options.sending)
        harness.drain()
        harness.check_outputs()
        books = harness.check_desk()
        harness.check_entries(books)
        mails, doubled = harness.check_mail(books)
        harness.check_logs()
    finally:
        if harness.daemon.process is not None and not harness.daemon.is_gone():
            harness.daemon.kill()
        harness.origin.close()
        harness.sink.close()
    print("%d entries written, %d copied, %d revised, %d answers cut off, %d not modified; %d editions, %d mails, %d doubled"
          % (harness.origin.count, len(harness.origin.copies), harness.origin.revised, harness.origin.cut_off, harness.origin.not_modified,
             len(books.editions), mails, doubled))
    return harness.checks.close(folder, options.keep)


if __name__ == "__main__":
    sys.exit(main())
