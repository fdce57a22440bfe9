#!/usr/bin/env python3
"""Has readers follow the outputs over ten polls with changes, and checks what they show as new.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install feedparser
    /tmp/venv/bin/python tests/outputs/readers.py target/debug/tidings

Two feeds on loopback bring three stories a poll. As in real feeds, titles and texts are corrected, ids and dates change, the
second feed copies the first, and entries leave. After each poll newsboat (when it is installed), feedparser and a reader of
JSON Feed read the output in its forms. Each must show as new what is new, once: nothing that was read returns, nothing is
missed, recordings have a type and a length, and pictures are in the text.

Exit code 0 when all that holds.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "kill"), os.path.join(HERE, "..", "hostile")]

import feedparser  # noqa: E402
from daemon import Daemon, free_port  # noqa: E402
from loopback import serve_feed, words  # noqa: E402

POLLS = 10
NEW = 3


class Newsroom:
    """Two feeds, the second of which copies some of the first."""

    def __init__(self):
        self.rng = random.Random(16)
        self.stories = []
        self.born = time.time() - 3600

    def poll(self, number):
        """Changes the feeds before a poll. Returns the new stories."""
        new = []
        for _ in range(NEW):
            n = len(self.stories)
            self.stories.append(
                {
                    "n": n,
                    "id": "id-%d" % n,
                    "title": words(self.rng, 7),
                    "text": "%s. <i>%s</i> &amp; %s." % tuple(words(self.rng, 40) for _ in range(3)),
                    "date": self.born + 60 * n,
                    "known_since": number,
                }
            )
            new.append(self.stories[-1])
        old = [story for story in self.stories if story["known_since"] < number]
        if old:
            # One each: a corrected text, a corrected title, another id, another date.
            changed = self.rng.sample(old, min(4, len(old)))
            for story, what in zip(changed, ["text", "title", "id", "date"]):
                if what == "text":
                    story["text"] += " Corrected %d." % number
                elif what == "title":
                    story["title"] += " (corrected)"
                elif what == "id":
                    story["id"] += "-again"
                else:
                    story["date"] = time.time()
        return new

    def items(self, site, stories):
        return "".join(
            "<item><guid isPermaLink='false'>%s</guid><title>%s</title><link>http://%s/%d</link><pubDate>%s</pubDate>"
            "<description>%s</description><enclosure url='http://%s/%d.mp3' type='audio/mpeg' length='%d'/>"
            "<thumbnail xmlns='http://search.yahoo.com/mrss/' url='http://%s/%d.jpg' width='640' height='480'/></item>"
            % (
                story["id"], escape(story["title"]), site, story["n"], formatdate(story["date"]), escape(story["text"]),
                site, story["n"], 1000 + story["n"], site, story["n"],
            )  # fmt: skip
            for story in reversed(stories)
        )

    def first(self):
        # Older entries have left the feed.
        return self.items("one.example", self.stories[-20:])

    def second(self):
        return self.items("two.example", [story for story in self.stories[-12:] if story["n"] % 3 == 0])


class Newsboat:
    """newsboat with a cache of its own. What `new` has returned is marked as read."""

    def __init__(self, folder, form, port):
        self.name = "newsboat, " + form
        self.cache = os.path.join(folder, "newsboat-%s.db" % form)
        self.urls = os.path.join(folder, "urls-" + form)
        self.config = os.path.join(folder, "newsboat-config")
        with open(self.urls, "w", encoding="utf-8") as file:
            file.write("http://127.0.0.1:%d/all.%s\n" % (port, form))
        open(self.config, "w").close()

    def new(self):
        argv = ["newsboat", "-q", "-u", self.urls, "-c", self.cache, "-C", self.config, "-x", "reload"]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=60)
        with sqlite3.connect(self.cache) as cache:
            rows = cache.execute(
                "SELECT title, content, enclosure_url, enclosure_type FROM rss_item WHERE unread = 1 AND deleted = 0"
            ).fetchall()
            cache.execute("UPDATE rss_item SET unread = 0")
        return [(title, content, bool(url) and kind == "audio/mpeg") for title, content, url, kind in rows]


class ById:
    """A reader that recognises items by their ids."""

    def __init__(self):
        self.known = set()

    def new(self):
        fresh = [item for item in self.items() if item[0] not in self.known]
        self.known.update(item[0] for item in fresh)
        return [item[1:] for item in fresh]


class Feedparser(ById):
    def __init__(self, form, port):
        super().__init__()
        self.name = "feedparser, " + form
        self.address = "http://127.0.0.1:%d/all.%s" % (port, form)
        self.etag = None

    def items(self):
        read = feedparser.parse(self.address, etag=self.etag)
        self.etag = read.get("etag", self.etag)
        if read.get("status") != 304 and read.bozo:
            raise SystemExit("%s: %s" % (self.name, read.bozo_exception))
        for entry in read.entries:
            content = entry.content[0].value if "content" in entry else entry.summary
            plays = [e for e in entry.enclosures if e.type == "audio/mpeg" and int(e.length) >= 1000]
            yield entry.id, entry.title, content, bool(plays)


class JsonFeed(ById):
    name = "JSON Feed"

    def __init__(self, daemon):
        super().__init__()
        self.daemon = daemon

    def items(self):
        for item in json.loads(self.daemon.get("/all.json")[1])["items"]:
            plays = [a for a in item.get("attachments", []) if a["mime_type"] == "audio/mpeg" and a["size_in_bytes"] >= 1000]
            yield item["id"], item["title"], item["content_html"], bool(plays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    program = os.path.abspath(parser.parse_args().program)
    newsroom, port, wrong = Newsroom(), free_port(), 0
    with tempfile.TemporaryDirectory() as folder:
        feeds = [serve_feed(newsroom.first), serve_feed(newsroom.second)]
        lines = ['[site]\nlisten = "127.0.0.1:%d"\n[poll]\nallow_private = true\nhost_pause = "0s"' % port]
        lines += ['[[feed]]\nurl = "%s"\ntitle = "Feed %d"' % (url, n) for n, url in enumerate(feeds)]
        with open(os.path.join(folder, "feeds.toml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        daemon = Daemon(program, folder, port)
        readers = [Feedparser("atom", port), Feedparser("rss", port), JsonFeed(daemon)]
        if shutil.which("newsboat"):
            readers += [Newsboat(folder, "atom", port), Newsboat(folder, "rss", port)]
        for poll in range(POLLS):
            # Last-Modified has whole seconds (RFC 9110 §8.8.2), and newsboat uses it rather than the ETag.
            time.sleep(1.1)
            fresh = newsroom.poll(poll)
            if daemon.command("run", "--once", "--all", name="once-%d" % poll) != 0:
                sys.exit("the poll failed; see its log")
            daemon.start()
            if not daemon.wait_ready():
                sys.exit("the daemon does not answer")
            for reader in readers:
                shown = reader.new()
                expected = sorted(story["title"] for story in fresh)
                titles = sorted(title for title, _, _ in shown)
                complaints = []
                if titles != expected:
                    complaints.append("shows %s instead of %s" % (titles, expected))
                for title, content, plays in shown:
                    if not plays:
                        complaints.append("no sound: " + title)
                    if content.count("<img") != 1:
                        complaints.append("no picture: %s %s" % (title, content[:200]))
                for complaint in complaints:
                    print("poll %d, %s: %s" % (poll, reader.name, complaint))
                wrong += len(complaints)
            daemon.terminate()
        print("%d polls, %d stories, %d readers: %d complaints" % (POLLS, len(newsroom.stories), len(readers), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
