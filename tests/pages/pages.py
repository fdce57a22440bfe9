#!/usr/bin/env python3
"""Visits the demonstration in a headless Chromium and checks every kind of page.

    tests/pages/pages.py target/debug/tidings [--axe axe.min.js] [--pictures docs/pages]

It starts `tidings demo` on a free port and checks of every kind of page, in light, in dark, and 320 pixels wide:

- nothing is forbidden by the page's own policy, and nothing comes from another host;
- it weighs less than 100 KB without pictures, and whatever it loads is named in its HTML: one round trip after it;
- nothing is wider than the window; in dark mode it is dark;
- the Tab key reaches every link and field in the order of the document, the focus is seen, and the first link leads to the
  main part;
- with `--axe`, that axe-core (https://github.com/dequelabs/axe-core, not part of this source) finds no violation.

And of the whole: headlines lead to stories that can be read, a topic and a story are found by clicks, a search by typing, a feed that is opened
says what it is, and the front page can be read in w3m, when that is installed.

`--pictures` keeps pictures of the pages for the documentation; they are smaller when Pillow is there.

Exit code 0 when all that holds, 1 otherwise, 77 when there is no Chromium.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kill"))

from browser import Browser, installed  # noqa: E402
from daemon import free_port  # noqa: E402

LIMIT_BYTES = 100_000
NARROW = 320
# Size of the window in pictures, and which pages are kept.
PICTURE = (1280, 1340)
KEPT = ("front", "category", "topic", "story", "search", "day", "status", "feeds")

# The elements that the Tab key must reach: those that can be used and are shown.
USABLE = """[...document.querySelectorAll('a[href], button, input, summary, audio[controls]')]
    .filter(e => e.checkVisibility() && e.type !== 'hidden' && e.tabIndex >= 0)"""


class Demo:
    """`tidings demo` on a free port, from its first page to the end."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="tidings-demo-")
        self.site = "http://127.0.0.1:%d" % free_port()
        self.process = subprocess.Popen(
            [program, "demo", "--listen", self.site[len("http://"):]],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=self.folder), text=True,
        )
        for line in self.process.stdout:
            if "Ctrl-C" in line:
                return
        raise SystemExit("the demonstration does not start")

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path):
        try:
            with urllib.request.urlopen(self.site + path) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def first(self, path, pattern):
        """The first link of a page that matches the pattern."""
        return re.search(r'href="(%s)"' % pattern, self.get(path)).group(1)

    def pages(self):
        """Every kind of page by name."""
        stories = re.findall(r'href="(/stories/[^"]+)"', self.get("/search?q=barges"))
        corrected = next(path for path in stories if "<del>" in self.get(path))
        return {
            "front": "/",
            "category": "/world",
            "topic": self.first("/", "/topics/[^\"]+"),
            "story": corrected,
            "search": "/search?q=sea+wall",
            "archive": "/archive",
            "day": self.first("/archive", r"/archive/\d[^\"]+"),
            "status": "/status",
            "sources": "/sources",
            "source": self.first("/sources", "/sources/[^\"]+"),
            "digests": "/digests",
            "edition": self.first("/digests", "/digests/morning/[^\"]+"),
            "feeds": "/feeds",
            "nothing": "/stories/nothing",
        }


class Visit:
    """One visit: its checks and the faults that they found."""

    def __init__(self, demo, browser, axe):
        self.demo, self.browser, self.axe = demo, browser, axe
        self.faults, self.checks = [], 0

    def check(self, holds, where, what):
        self.checks += 1
        if not holds:
            self.faults.append("%s: %s" % (where, what))

    def look_at(self, name, path):
        """Checks what holds for every page. Returns its weight in bytes, as sent and unpacked, and the number of requests."""
        browser, address = self.browser, self.demo.site + path
        browser.ask("Network.setCacheDisabled", cacheDisabled=True)
        browser.look(1280)
        browser.open(address)
        weight = self.requests(name, address)
        self.policy(name)
        self.keyboard(name)
        self.violations(name, "light")
        browser.look(1280, dark=True)
        red, green, blue = map(int, re.findall(r"\d+", browser.run("getComputedStyle(document.body).backgroundColor"))[:3])
        self.check(red + green + blue < 150, name, "it is not dark in the dark")
        self.violations(name, "dark")
        browser.look(NARROW, 800)
        width = browser.run("document.documentElement.scrollWidth")
        self.check(width <= NARROW, name, "%d pixels wide in a window of %d" % (width, NARROW))
        self.violations(name, "narrow")
        return weight

    def requests(self, name, address):
        sent = self.browser.kept("Network.requestWillBeSent")
        host = urllib.parse.urlsplit(address).netloc
        for request in sent:
            url = request["request"]["url"]
            self.check(urllib.parse.urlsplit(url).netloc in (host, ""), name, "asks another host: " + url)
            named = request["documentURL"] == url or request["initiator"].get("url", address) == address
            self.check(named, name, "is not named in the page: " + url)
        pictures = {one["requestId"] for one in self.browser.kept("Network.responseReceived") if one["type"] == "Image"}
        ended = self.browser.kept("Network.loadingFinished")
        weight = sum(one["encodedDataLength"] for one in ended if one["requestId"] not in pictures)
        came = self.browser.kept("Network.dataReceived")
        plain = sum(one["dataLength"] for one in came if one["requestId"] not in pictures)
        # An output is no page, and may be as large as its stories are.
        self.check(plain < LIMIT_BYTES or name == "feed", name, "weighs %d bytes before it is packed" % plain)
        return weight, plain, len(sent)

    def policy(self, name):
        forbidden = self.browser.run("window.forbidden")
        self.check(forbidden == [], name, "the policy forbade %s" % forbidden)
        said = [entry["entry"]["text"] for entry in self.browser.kept("Log.entryAdded")]
        said = [text for text in said if name != "nothing" or "404" not in text]
        self.check(said == [], name, "the browser says %s" % said)

    def keyboard(self, name):
        browser = self.browser
        browser.run("document.activeElement.blur(); window.usable = %s; window.getSelection().collapse(document.body, 0)" % USABLE)
        count = browser.run("usable.length")
        reached = []
        for _ in range(count):
            browser.key("Tab", 9)
            at, seen = browser.run(
                "(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();"
                " return [usable.indexOf(e), s.outlineStyle !== 'none' && r.top < innerHeight && r.bottom > 0]; })()"
            )
            reached.append(at)
            self.check(seen, name, "the focus is not seen on element %d" % at)
        self.check(reached == list(range(count)), name, "the keyboard goes %s of %d" % (reached, count))
        browser.run("usable[0].focus()")
        browser.key("Enter", 13, text="\r")
        self.check(browser.run("document.activeElement.id") == "main", name, "its first link does not lead to what is new")

    def violations(self, name, how):
        if not self.axe:
            return
        if not self.browser.run("typeof axe !== 'undefined'"):
            self.browser.run(self.axe + "; 0")
        found = self.browser.run(
            "axe.run().then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3)))"
        )
        self.check(found == [], name, "axe-core, %s: %s" % (how, found))

    def walk(self):
        """Goes through the site as a newcomer does, by clicks and typing."""
        browser, site = self.browser, self.demo.site
        path = "location.pathname"
        browser.look(1280)
        browser.open(site + "/")
        browser.click("nav.sections a[href='/science']")
        self.check(browser.run(path) == "/science", "walk", "the section is not opened")
        self.check(browser.run("document.querySelector('nav [aria-current=page]').textContent") == "Science", "walk", "the section is not marked")
        browser.click("a[href^='/topics/']")
        self.check(browser.run(path).startswith("/topics/"), "walk", "the topic is not opened")
        browser.click("#main a[href^='/stories/']")
        self.check(browser.run(path).startswith("/stories/"), "walk", "the story is not opened")
        browser.click(".masthead .name a")
        self.check(browser.run(path) == "/", "walk", "the name does not lead home")
        title = browser.run("document.querySelector('.lead h3').textContent.trim()")
        browser.click(".lead h3 a")
        self.check(browser.run("document.querySelector('h1').textContent") == title, "walk", "the story cannot be read at its publisher")
        self.check(browser.run("document.scrollingElement.scrollWidth <= innerWidth"), "walk", "the made-up page is too wide")
        browser.open(site + "/")
        browser.click("li.search a")
        browser.run("document.querySelector('input[name=q]').focus()")
        browser.type("walls")
        browser.events.clear()
        browser.key("Enter", 13, text="\r")
        browser.wait_for("Page.loadEventFired")
        self.check(browser.run("location.search") == "?q=walls", "search", "what was typed is not searched for")
        marked = browser.run("[...document.querySelectorAll('mark')].map(e => e.textContent.toLowerCase())")
        self.check("wall" in marked, "search", "another form of the word is not found: %s" % marked[:5])
        browser.open(site + "/all.atom")
        said = browser.run("getComputedStyle(document.documentElement, '::before').content")
        self.check(said.startswith('"This is a feed') and "/feeds" in said, "feed", "an output does not say what it is: " + said)
        shown = browser.run("[...document.querySelectorAll('entry > title')].filter(e => e.checkVisibility()).length")
        self.check(shown > 20, "feed", "an output shows %d headlines" % shown)
        self.requests("feed", site + "/all.atom")

    def in_text(self):
        if not shutil.which("w3m"):
            return
        text = subprocess.run(["w3m", "-dump", "-cols", "80", self.demo.site + "/"], stdout=subprocess.PIPE, check=True).stdout.decode()
        title = re.search(r"<h3><a [^>]*>(.*?)</a>", self.demo.get("/")).group(1)
        title = re.sub("<[^>]*>", "", title).strip()
        flat = " ".join(text.split())
        self.check(title in flat, "w3m", "the first headline is not there: " + title)
        self.check(flat.index(title) < flat.index("Follow everything"), "w3m", "the news come after the foot")

    def pictures(self, folder, pages):
        os.makedirs(folder, exist_ok=True)
        for name in KEPT:
            self.browser.look(*PICTURE)
            self.picture(folder, name, pages[name])
        self.browser.look(*PICTURE, dark=True)
        self.picture(folder, "front-dark", "/")
        self.browser.look(360, 760)
        self.picture(folder, "front-narrow", "/")

    def picture(self, folder, name, path):
        self.browser.open(self.demo.site + path)
        file = os.path.join(folder, name + ".png")
        self.browser.picture(file)
        try:
            from PIL import Image
        except ImportError:
            return
        with Image.open(file) as image:
            image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--axe", metavar="FILE", help="axe.min.js")
    parser.add_argument("--pictures", metavar="FOLDER", help="where pictures of the pages are kept")
    arguments = parser.parse_args()
    if not installed():
        print("there is no Chromium here")
        return 77
    axe = open(arguments.axe).read() if arguments.axe else None
    demo = Demo(arguments.program)
    try:
        browser = Browser()
        try:
            visit, pages = Visit(demo, browser, axe), demo.pages()
            if arguments.pictures:
                visit.pictures(arguments.pictures, pages)
            print("%-10s %10s %10s %9s" % ("page", "sent, B", "whole, B", "requests"))
            for name, path in pages.items():
                print("%-10s %10d %10d %9d" % ((name,) + visit.look_at(name, path)))
            visit.walk()
            visit.in_text()
        finally:
            browser.close()
    finally:
        demo.end()
    for fault in visit.faults:
        print("FAULT", fault)
    print("%d pages, %d checks, %d faults%s" % (len(pages), visit.checks, len(visit.faults), "" if axe else "; not asked of axe-core"))
    return 1 if visit.faults else 0


if __name__ == "__main__":
    sys.exit(main())
