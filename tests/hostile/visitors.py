#!/usr/bin/env python3
"""Makes abusive connections to a running daemon, and measures what they cost the daemon.

    tests/hostile/visitors.py target/release/tidings [--megabytes 60]

It starts the daemon on a newsroom of its own with an output of about 1 MB, then

- asks for it on 512 connections that never read, over HTTP/1.1;
- asks for it on 512 HTTP/2 connections, as often as each may, with flow control closed;
- asks for a page that is made for each visitor, never reading, on as many;
- takes more connections than there are places;
- holds connections open without asking for anything: silent, half a preface, half a head, pings alone.

Exit code 0 when the resident memory stays within the limit above what it was while idle, when silent connections end in
thirteen seconds, and when an honest reader is served all the while; 1 otherwise. It needs Linux and takes about 40 seconds.
"""

import argparse
import email.utils
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from loopback import free_port, memory_mb, serve_feed, words

CONNECTIONS = 512


class Newsroom:
    """A feed on loopback that brings ten more entries each time it is asked."""

    def __init__(self, entries, words_each):
        self.shown = 0
        rng, now = random.Random(7), time.time()
        self.items = [
            "<item><title>%s</title><link>http://127.0.0.1/%d</link><guid>%d</guid><pubDate>%s</pubDate>"
            "<description>%s</description></item>"
            % (words(rng, 8), n, n, email.utils.formatdate(now - entries + n), words(rng, words_each))
            for n in range(entries)
        ]
        self.address = serve_feed(self.ten_more)

    def ten_more(self):
        self.shown = min(self.shown + 10, len(self.items))
        return "".join(self.items[max(0, self.shown - 10) : self.shown])


def connect(port, receive_bytes=4096):
    """A connection with a small receive buffer, so that what the daemon sends stays in the daemon's buffers."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(5)
    connection.connect(("127.0.0.1", port))
    return connection


def http1(path, coding):
    return ("GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n" % (path, coding)).encode()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header that is not to be indexed (RFC 7541, section 6.2.2), without Huffman coding."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# SETTINGS with INITIAL_WINDOW_SIZE = 0: nothing may be sent to us.
CLOSED_WINDOW = frame(4, 0, 0, struct.pack(">HI", 4, 0))


def http2(path, coding, streams):
    fields = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"x"), (b":path", path.encode())]
    block = b"".join(literal(*field) for field in [*fields, (b"accept-encoding", coding.encode())])
    asks = b"".join(frame(1, 5, 2 * n + 1, block) for n in range(streams))
    return PREFACE + CLOSED_WINDOW + asks


class Trial:
    def __init__(self, program, megabytes):
        self.megabytes, self.failed = megabytes, []
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        newsroom = Newsroom(100, 1_400)
        config = os.path.join(self.folder.name, "feeds.toml")
        with open(config, "w") as file:
            file.write(
                '[site]\nurl = "http://127.0.0.1:%d"\nlisten = "127.0.0.1:%d"\n[poll]\nallow_private = true\n'
                '[[feed]]\nurl = "%s"\ncategory = "world"\n' % (self.port, self.port, newsroom.address)
            )
        log = open(os.path.join(self.folder.name, "log"), "wb")
        for _ in range(11):
            subprocess.run([program, "--config", config, "run", "--once", "--all"], stdout=log, stderr=log, check=True)
        self.daemon = subprocess.Popen([program, "--config", config, "run"], stdout=log, stderr=log)
        for _ in range(200):
            try:
                if self.read("/healthz"):
                    break
            except OSError:
                time.sleep(0.05)
        self.large = len(self.read("/all.rss"))
        for coding in ("gzip", "br"):
            self.read("/all.rss", coding)
        self.idle = memory_mb(self.daemon.pid)

    def read(self, path, coding="identity", timeout=15):
        request = urllib.request.Request(
            "http://127.0.0.1:%d%s" % (self.port, path), headers={"Accept-Encoding": coding}
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read()

    def tell(self, name, good, what):
        print("%-6s %-52s %s" % ("ok" if good else "FAILED", name, what), flush=True)
        if not good:
            self.failed.append(name)

    def unread(self, name, request, connections=CONNECTIONS - 12):
        """Asks on many connections without ever reading, and as an honest reader meanwhile."""
        held = []
        for _ in range(connections):
            connection = connect(self.port)
            try:
                connection.sendall(request)
            except OSError:
                pass
            held.append(connection)
        peak, deadline = 0, time.monotonic() + 3
        while time.monotonic() < deadline:
            peak = max(peak, memory_mb(self.daemon.pid))
            time.sleep(0.1)
        began = time.monotonic()
        try:
            served = len(self.read("/all.rss", "gzip")) > 10_000
        except OSError:
            served = False
        seconds = time.monotonic() - began
        for connection in held:
            connection.close()
        above = peak - self.idle
        good = above <= self.megabytes and served
        self.tell(name, good, "%.0f MB above %.0f idle, a reader served in %.1f s" % (above, self.idle, seconds))
        time.sleep(1)

    def useless(self, name, says, again=b""):
        """Sends something that is no request, and checks how long the connection lives."""
        connection, began, ended = connect(self.port), time.monotonic(), None
        connection.sendall(says)
        connection.setblocking(False)
        while time.monotonic() - began < 16 and ended is None:
            readable, _, _ = select.select([connection], [], [], 1)
            try:
                if readable and not connection.recv(65536):
                    ended = time.monotonic() - began
                elif again:
                    connection.send(again)
            except OSError:
                ended = time.monotonic() - began
        connection.close()
        lived = "for ever" if ended is None else "%.1f s" % ended
        self.tell(name, ended is not None and ended < 13, "held its place %s" % lived)

    def run(self):
        print("an output of %d bytes, %.0f MB idle" % (self.large, self.idle))
        for coding in ("identity", "gzip", "br"):
            self.unread("HTTP/1.1, %s, unread" % coding, http1("/all.rss", coding))
        for coding in ("identity", "gzip", "br"):
            self.unread("HTTP/2, 200 streams, %s, window closed" % coding, http2("/all.rss", coding, 200), 100)
            self.unread("HTTP/2, 16 streams, %s, window closed" % coding, http2("/all.rss", coding, 16))
        self.unread("HTTP/1.1, a search, unread", http1("/search?q=ba", "identity"))
        self.unread("HTTP/2, pages not found, window closed", http2("/nowhere", "identity", 16))
        self.unread("more silent connections than places", b"", CONNECTIONS + 100)
        self.unread("more unread ones than places", http1("/all.rss", "identity"), CONNECTIONS + 100)
        silences = [
            ("a silent connection", b""),
            ("half a preface", PREFACE[:10]),
            ("half a head", b"GET / HTTP/1.1\r\nHost: x\r\nX: "),
            ("half a head, a byte a second", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
            ("HTTP/2 that asks nothing", PREFACE + frame(4, 0, 0)),
            ("HTTP/2 that pings", PREFACE + frame(4, 0, 0), frame(6, 0, 0, b"12345678")),
        ]
        trials = [threading.Thread(target=self.useless, args=silence) for silence in silences]
        for trial in trials:
            trial.start()
        for trial in trials:
            trial.join()
        self.daemon.terminate()
        self.tell("the daemon ends when it is told to", self.daemon.wait(15) == 0, "")
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--megabytes", type=float, default=60, help="allowed above idle")
    options = parser.parse_args()
    trial = Trial(os.path.abspath(options.program), options.megabytes)
    try:
        return trial.run()
    finally:
        trial.daemon.kill()


if __name__ == "__main__":
    sys.exit(main())
