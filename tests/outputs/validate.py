#!/usr/bin/env python3
"""Runs the feed validator of the W3C over outputs that are made of captured feeds.

    git clone https://github.com/w3c/feedvalidator /tmp/validator
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install -r /tmp/validator/requirements.txt
    /tmp/venv/bin/python tests/outputs/validate.py target/debug/tidings FOLDER… \\
        [--validator /tmp/validator] [--publish 'text = "excerpt"'] [--keep FOLDER]

It serves every document below FOLDER on loopback as a feed of its own, lets `tidings run --once` read them all, and starts
the daemon. Then it fetches every output in every form, those of some sources and of searches, and the archive, and passes
each to the validator. JSON Feed is checked by this script (https://www.jsonfeed.org/version/1.1/). It prints how often each
kind of error and warning occurs, with an example.

Exit code 0 when there are none but two that are not faults of ours: entries changed in the same second, and an output that
is fetched from another address than it names. Without `--validator` only JSON Feed is checked.
"""

import argparse
import collections
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

for beside in ("kill", "hostile"):
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", beside))

from daemon import Daemon, free_port  # noqa: E402
from loopback import serve  # noqa: E402

# Feeds of one category: so few that their stories fit into one output, which holds at most 2,000.
SLICE = 25
# How many sources, and how many documents of the archive, are checked.
SOURCES, ARCHIVES = 30, 90
OLDER = rb'(?:rel="prev-archive" href=|"next_url": ?)"[^"]*?(/[^/"]+/archive/[^"]+)'
FORMS = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
NO_FAULT = {"DuplicateUpdated", "SelfDoesntMatchLocation"}
# The validator knows the languages of ISO 639-2 only; newer codes of three letters are right, too (RFC 5646 §2.2.1).
NEWER_LANGUAGE = re.compile("[a-z]{3}(-.*)?", re.I)


def documents(folders):
    """The files below the folders, sorted by path."""
    found = []
    for folder in folders:
        for path, _, names in os.walk(folder):
            found += [os.path.join(path, name) for name in names]
    return sorted(found)


def configuration(base, count, port, publish):
    """A `feeds.toml` of all feeds, in categories so small that no output leaves anything out; and the categories' names."""
    lines = [
        '[site]\ntitle = "Outputs & <others>"\nlisten = "127.0.0.1:%d"' % port,
        '[poll]\nallow_private = true\nhost_pause = "0s"\nmin_interval = "5m"',
        "[publish]\nitems = 2000\n" + publish,
    ]
    for number in range(count):
        lines.append('[[feed]]\nurl = "%s%d"\ncategory = "c%d"' % (base, number, number // SLICE))
    return "\n".join(lines), ["c%d" % number for number in range((count + SLICE - 1) // SLICE)]


class Findings:
    """How often each kind of complaint was made, and the first example of each."""

    def __init__(self):
        self.counts = collections.Counter()
        self.examples = {}

    def add(self, form, level, kind, example):
        key = (level, kind, form)
        self.counts[key] += 1
        self.examples.setdefault(key, example)

    def print(self):
        for (level, kind, form), count in sorted(self.counts.items(), key=lambda item: (item[0][1], item[0][2])):
            print("%6d  %-7s %-30s %-4s  %s" % (count, level, kind, form, self.examples[(level, kind, form)]))

    def faults(self):
        return sum(count for (_, kind, _), count in self.counts.items() if kind not in NO_FAULT)


def validator(folder):
    """Returns a function that passes an output to the validator in this folder."""
    sys.path.insert(0, os.path.join(folder, "src"))
    import feedvalidator
    from feedvalidator import compatibility
    from feedvalidator.logging import Error

    # The validator refuses longer documents. Ours are shorter unless `[publish]` allows much more than its default.
    feedvalidator.MAXDATALENGTH = 64 * 1024 * 1024

    def validate(body, form, address, findings):
        lines = body.decode("utf-8", "replace").split("\n")
        try:
            found = feedvalidator.validateStream(io.BytesIO(body), 0, FORMS[form], address)["loggedEvents"]
        except feedvalidator.logging.ValidationFailure as failure:
            found = [failure.event]
        for event in compatibility.AA(found):
            if type(event).__name__ == "InvalidLanguage" and NEWER_LANGUAGE.fullmatch(event.params["value"]):
                continue
            level = "error" if isinstance(event, Error) else "warning"
            line = event.params.get("line") or 0
            said = {key: value for key, value in event.params.items() if key in ("value", "element", "attr", "message")}
            shown = lines[line - 1].strip()[:300] if 0 < line <= len(lines) else ""
            findings.add(form, level, type(event).__name__, "%s:%s %s | %s" % (address, line, said, shown))

    return validate


FEED = {
    "version": str, "title": str, "home_page_url": "address", "feed_url": "address", "description": str,
    "icon": "address", "favicon": "address", "authors": list, "language": str, "items": list, "next_url": "address",
    "user_comment": str, "expired": bool, "hubs": list,
}  # fmt: skip
ITEM = {
    "id": str, "url": "address", "external_url": "address", "title": str, "content_html": str, "content_text": str,
    "summary": str, "image": "address", "banner_image": "address", "date_published": "date", "date_modified": "date",
    "authors": list, "tags": list, "language": str, "attachments": list,
}  # fmt: skip
AUTHOR = {"name": str, "url": "address", "avatar": "address"}
ATTACHMENT = {
    "url": "address", "mime_type": str, "title": str, "size_in_bytes": int, "duration_in_seconds": int,
}  # fmt: skip
# RFC 3986: what may stand in an address; RFC 3339; RFC 5646 as far as it matters.
ADDRESS = re.compile(r"(https?://([\w.~%!$&'()*+,;=:@-]|\[[0-9A-Fa-f:.]+\])+(:\d+)?)([\w.~%!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*", re.A | re.I)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
# Control characters and noncharacters.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef%s]" % "".join(chr((plane << 16) + end) for plane in range(17) for end in (0xFFFE, 0xFFFF)))


class Addresses(html.parser.HTMLParser):
    """Collects the addresses in HTML."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


def check_json(body, form, address, findings):
    """Checks what JSON Feed 1.1 requires."""

    def say(kind, example):
        findings.add(form, "error", kind, "%s %s" % (address, str(example)[:200]))

    def members(value, known, required):
        for name in required:
            if name not in value:
                say("missing " + name, value)
        for name, member in value.items():
            kind = known.get(name)
            if kind is None:
                if not name.startswith("_"):
                    say("unknown member", name)
            elif kind == "address":
                if not (isinstance(member, str) and ADDRESS.fullmatch(member)):
                    say("bad address in " + name, member)
            elif kind == "date":
                if not (isinstance(member, str) and DATE.fullmatch(member)):
                    say("bad date in " + name, member)
            elif not isinstance(member, kind) or (kind is str and not member.strip()):
                say("bad " + name, member)
            elif kind is str and UNFIT.search(member):
                say("unfit character in " + name, repr(member))
        if "language" in value and not LANGUAGE.fullmatch(value["language"]):
            say("bad language", value["language"])
        for author in value.get("authors", []):
            if not author:
                say("empty author", value)
            members(author, AUTHOR, [])

    try:
        feed = json.loads(body)
    except ValueError as error:
        return say("not JSON", error)
    members(feed, FEED, ["version", "title", "items"])
    # The feed_url of a document of the archive is that of the output itself.
    subscribed = re.sub("/archive/[^/]+", ".json", address)
    if feed["version"] != "https://jsonfeed.org/version/1.1" or feed["feed_url"] != subscribed:
        say("wrong version or feed_url", feed["feed_url"])
    ids = collections.Counter(item.get("id") for item in feed["items"])
    for item in feed["items"]:
        members(item, ITEM, ["id", "date_published"])
        if "content_html" not in item and "content_text" not in item:
            say("no content", item)
        if ids[item.get("id")] > 1:
            say("id twice", item.get("id"))
        if not all(isinstance(tag, str) and tag for tag in item.get("tags", [])):
            say("bad tag", item["tags"])
        for attachment in item.get("attachments", []):
            members(attachment, ATTACHMENT, ["url", "mime_type"])
        text = Addresses()
        text.feed(item.get("content_html", ""))
        for found in text.found:
            if not found.lower().startswith(("http://", "https://", "mailto:")):
                say("bad address in content_html", found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--validator", help="folder of a clone of w3c/feedvalidator")
    parser.add_argument("--publish", default="", help="more lines for [publish]")
    parser.add_argument("--keep", help="where to leave the outputs, to be looked at")
    arguments = parser.parse_args()
    paths = documents(arguments.folders)
    port = free_port()

    def read(path):
        with open(paths[int(path.strip("/"))], "rb") as file:
            return file.read()

    toml, names = configuration(serve(read) + "/", len(paths), port, arguments.publish)
    validate = validator(arguments.validator) if arguments.validator else None
    findings = Findings()
    outputs = items = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "feeds.toml"), "w", encoding="utf-8") as file:
            file.write(toml)
        began = time.monotonic()
        once = [os.path.abspath(arguments.program), "--config", os.path.join(folder, "feeds.toml"), "run", "--once"]
        subprocess.run(once, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("%d documents read in %.0f s" % (len(paths), time.monotonic() - began))
        daemon = Daemon(os.path.abspath(arguments.program), folder, port)
        daemon.start()
        if not daemon.wait_ready():
            sys.exit("the daemon does not answer")
        try:
            stems = [stem for name in [*names, "all"] for stem in (name, name + "/topics")]
            sources = re.findall("href=\"/(sources/[^\"]+)\"", daemon.get("/sources")[1].decode())
            asked = ["/%s.%s%s" % (stem, form, query) for form in FORMS for stem, query in [
                *((stem, "") for stem in [*stems, "linked", *sorted(set(sources))[:SOURCES]]),
                ("topics", "?min=2"), ("search", "?q=the"), ("%s/search" % names[0], "?q=a")]]
            archives = 0
            while asked:
                path = asked.pop(0)
                form = re.search("[.](atom|rss|json)", path).group(1)
                status, body = daemon.get(path)
                if status != 200:
                    findings.add(form, "error", "status %d" % status, path)
                    continue
                if arguments.keep:
                    os.makedirs(arguments.keep, exist_ok=True)
                    with open(os.path.join(arguments.keep, path[1:].replace("/", "-")), "wb") as file:
                        file.write(body)
                outputs += 1
                older = re.search(OLDER, body)
                if older and archives < ARCHIVES and path.startswith("/all"):
                    archives += 1
                    asked.append(older.group(1).decode())
                address = urllib.parse.urljoin("http://127.0.0.1:%d/" % port, path)
                if form == "json":
                    items += body.count(b'"date_published"')
                    check_json(body, form, address, findings)
                elif validate:
                    validate(body, form, address, findings)
            print("%d of them documents of the archive" % archives)
        finally:
            daemon.terminate()
    print("%d outputs" % outputs)
    findings.print()
    print("%d errors and warnings that are ours" % findings.faults())
    sys.exit(1 if findings.faults() else 0)


if __name__ == "__main__":
    main()
