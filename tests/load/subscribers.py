#!/usr/bin/env python3
"""Has a thousand subscribers ask for every output every five minutes, sped up, and measures what that costs the daemon.

    tests/load/subscribers.py target/release/tidings [--subscribers 1000] [--rounds 3] [--speed 10] [--paragraphs 1]

It starts the daemon on a newsroom of its own: 50 feeds in ten categories with 20 entries each, of as many paragraphs of 60
words as `--paragraphs` says. In every simulated minute, five of the feeds bring an entry. Each subscriber asks for all
outputs and some sources in all three forms, one after the other, at a moment of its own within the five minutes, over a
connection of its own, with the ETags that it has. Seven of ten accept gzip, two Brotli, one neither. Before that, the daemon
polls for as long without subscribers; the CPU time of this is subtracted.

It prints for each round the requests, how many were answered "not modified", the megabytes sent, the CPU seconds of the
daemon, and its resident memory. Exit code 1 when an answer was none of 200, 304 and 503. It needs Linux and takes two or
three minutes.
"""

import argparse
import email.utils
import multiprocessing
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))

from loopback import free_port, memory_mb, serve, words  # noqa: E402

FEEDS, CATEGORIES, ENTRIES, SOURCES, CLIENTS = 50, 10, 20, 10, 3
ROUND_S = 300


class Newsroom:
    """Feeds on loopback; `news` adds an entry to five of them."""

    def __init__(self, paragraphs):
        self.rng, self.paragraphs = random.Random(11), paragraphs
        self.shown = [ENTRIES] * FEEDS
        begin = time.time() - ENTRIES * 1800
        self.items = [[self.item(feed, n, begin + n * 1800) for n in range(2 * ENTRIES)] for feed in range(FEEDS)]
        self.address = serve(lambda path: self.document(int(path.strip("/"))))

    def item(self, feed, n, at):
        link = "http://127.0.0.1/%d/%d" % (feed, n)
        date = email.utils.formatdate(min(at, time.time()))
        text = "".join("&lt;p>%s.&lt;/p>" % words(self.rng, 60) for _ in range(self.paragraphs))
        return "<item><title>%s</title><link>%s</link><guid>%s</guid><pubDate>%s</pubDate><description>%s</description></item>" % (
            words(self.rng, 8), link, link, date, text)

    def document(self, feed):
        items = self.items[feed][max(0, self.shown[feed] - ENTRIES) : self.shown[feed]]
        return ("<rss version='2.0'><channel><title>%d</title>%s</channel></rss>" % (feed, "".join(items))).encode()

    def news(self):
        for feed in self.rng.sample(range(FEEDS), 5):
            self.shown[feed] = min(self.shown[feed] + 1, 2 * ENTRIES)


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outputs(port):
    """Every output of the site in every form, and some sources."""
    ask = lambda path: urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path)).read().decode()
    sections = re.findall(r'xmlUrl="[^"]*?/([\w-]+)\.atom"', ask("/feeds.opml"))
    places = [place for section in ["all", *sections] for place in (section, section + "/topics")] + ["linked"]
    sources = re.findall(r'href="/(sources/[^"]+)"', ask("/sources"))
    return ["/%s.%s" % (place, form) for place in places + sources[:SOURCES] for form in ("atom", "rss", "json")]


class Subscriber:
    def __init__(self, number):
        self.coding = "gzip" if number % 10 < 7 else "br" if number % 10 < 9 else "identity"
        self.offset = random.Random(number).random()
        self.etags = {}

    def poll(self, port, paths, told):
        """Asks for all paths over one connection. `told` counts the answers by status, and the bytes of bodies."""
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        with connection, connection.makefile("rb") as answers:
            for path in paths:
                has = self.etags.get(path)
                condition = "If-None-Match: %s\r\n" % has if has else ""
                request = "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n%s\r\n" % (path, self.coding, condition)
                connection.sendall(request.encode())
                status = int(answers.readline().split()[1])
                length = 0
                while (line := answers.readline().strip()) != b"":
                    name, value = line.split(b": ", 1)
                    if name == b"etag":
                        self.etags[path] = value.decode()
                    elif name == b"content-length":
                        length = int(value)
                if status == 200:
                    answers.read(length)
                told[status] = told.get(status, 0) + 1
                told["bytes"] = told.get("bytes", 0) + length * (status == 200)


def client(port, paths, subscribers, round_s, begins, results):
    """The subscribers of one process, round after round."""
    subscribers = sorted((Subscriber(number) for number in subscribers), key=lambda one: one.offset)
    for begin in iter(begins.get, None):
        told, late = {}, 0
        for one in subscribers:
            wait = begin + one.offset * round_s - time.time()
            late = max(late, -wait)
            if wait > 0:
                time.sleep(wait)
            one.poll(port, paths, told)
        told["late"] = late
        results.put(told)


def start(program, folder, newsroom, port):
    config = os.path.join(folder, "feeds.toml")
    with open(config, "w") as file:
        file.write(
            '[site]\nurl = "http://127.0.0.1:%d"\nlisten = "127.0.0.1:%d"\n'
            '[poll]\nallow_private = true\nmin_interval = "2s"\ninterval = "2s"\nhost_pause = "0s"\n' % (port, port)
        )
        for feed in range(FEEDS):
            file.write('[[feed]]\nurl = "%s/%d"\ncategory = "section-%d"\n' % (newsroom.address, feed, feed % CATEGORIES))
    log = open(os.path.join(folder, "log"), "wb")
    daemon = subprocess.Popen([program, "--config", config], stdout=log, stderr=log)
    for _ in range(200):
        time.sleep(0.2)
        try:
            page = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port).read().decode()
        except OSError:
            continue
        filed = re.search(r"^tidings_entries (\d+)", page, re.M)
        if filed and int(filed.group(1)) >= FEEDS * ENTRIES:
            return daemon
    daemon.kill()
    sys.exit("the daemon does not file what it is given; see its log in %s" % folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed", type=float, default=10)
    parser.add_argument("--paragraphs", type=int, default=1)
    options = parser.parse_args()
    round_s = ROUND_S / options.speed
    newsroom = Newsroom(options.paragraphs)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        daemon = start(options.program, folder, newsroom, port)
        try:
            failed = run(options, daemon.pid, port, newsroom, round_s)
        finally:
            daemon.terminate()
            daemon.wait(20)
    sys.exit(1 if failed else 0)


def run(options, pid, port, newsroom, round_s):
    stop = threading.Event()

    def publish():
        while not stop.wait(60 / options.speed):
            newsroom.news()

    threading.Thread(target=publish, daemon=True).start()
    paths = outputs(port)
    before = cpu_s(pid)
    time.sleep(round_s)
    polling = cpu_s(pid) - before
    print("%d outputs, %d subscribers, five minutes in %.0f s" % (len(paths), options.subscribers, round_s))
    print("without subscribers: %.2f CPU s, %.0f MB" % (polling, memory_mb(pid)))
    begins = [multiprocessing.Queue() for _ in range(CLIENTS)]
    results = multiprocessing.Queue()
    for n in range(CLIENTS):
        mine = range(n, options.subscribers, CLIENTS)
        arguments = (port, paths, mine, round_s, begins[n], results)
        multiprocessing.Process(target=client, args=arguments, daemon=True).start()
    failed = False
    for number in range(options.rounds):
        begin, cpu = time.time(), cpu_s(pid)
        for queue in begins:
            queue.put(begin)
        told = {}
        for result in (results.get() for _ in begins):
            for key, value in result.items():
                told[key] = max(told.get(key, 0), value) if key == "late" else told.get(key, 0) + value
        time.sleep(max(0, begin + round_s - time.time()))
        asked = sum(count for key, count in told.items() if isinstance(key, int))
        spent = cpu_s(pid) - cpu - polling
        print(
            "round %d: %d requests, %.1f %% not modified, %d MB sent, %.2f CPU s (%.2f %% of one core in real time), %.0f MB, peak %.0f%s"
            % (number + 1, asked, 100 * told.get(304, 0) / asked, told["bytes"] / 1e6, spent, 100 * spent / ROUND_S,
               memory_mb(pid), memory_mb(pid, "VmHWM"),
               "; subscribers fell %.0f s behind" % told["late"] if told["late"] > 1 else ""),
            flush=True,
        )
        odd = {key: count for key, count in told.items() if isinstance(key, int) and key not in (200, 304)}
        if odd:
            print("  other answers: %s" % odd)
            failed |= any(status != 503 for status in odd)
    stop.set()
    return failed


if __name__ == "__main__":
    main()
