#!/usr/bin/env python3
"""Feeds `tidings parse` documents that were written to bring a reader down, and measures.

    tests/hostile/hostile.py target/release/tidings [--only WORD] [--seconds 1] [--megabytes 100]

Each document is generated, parsed in a process of its own, and deleted. One line each: seconds (wall), peak of the
resident memory, entries read. Exit code 0 when all end by themselves within the limits, 1 otherwise. It takes 100 MB of
disk at a time.
"""

import argparse
import gzip
import http.server
import json
import os
import sys
import tempfile
import threading
import time

ITEM = "<item><title>sound</title></item>"


def rss(inside, root="<rss version='2.0'>"):
    return f"{root}<channel><title>t</title>{ITEM}{inside}</channel></rss>"


def item(inside):
    return rss(f"<item><title>hostile</title>{inside}</item>")


def nested(tag, n, end=True):
    name = tag.split(" ")[0]
    return f"<{tag}>" * n + (f"</{name}>" * n if end else "")


def laughs(depth=10, width=10):
    lines = ['<!ENTITY l0 "lol">']
    for i in range(1, depth):
        inside = f"&l{i - 1};" * width
        lines.append(f'<!ENTITY l{i} "{inside}">')
    return f"<!DOCTYPE rss [{''.join(lines)}]>" + item(f"<description>&l{depth - 1};</description>")


def entity(value, uses):
    return f"<!DOCTYPE rss [<!ENTITY a {value}>]>" + item(f"<description>{'&a;' * uses}</description>")


def namespaces(n):
    return "".join(f" xmlns:n{i}='http://n.example/{i}'" for i in range(n))


def attributes(n):
    return "".join(f" a{i}=1" for i in range(n))


def links(n):
    return "".join(f"<link rel='x' href='{i}'/>" for i in range(n))


LONG = "http://a.example/" + "b/" * 2_000


def json_feed(inside):
    return '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"sound"},' + inside


# Name, how it is made, and how many entries must be read of it at least.
DOCUMENTS = [
    ("1,000 nested media:group", lambda: item(nested("media:group", 1_000)), 2),
    ("50,000 nested itunes:category", lambda: rss(nested("itunes:category", 50_000)), 1),
    ("author me@example.com（张三）", lambda: item("<author>me@example.com（张三）</author>"), 2),
    ("XML declaration in the wrong place", lambda: "\n\n <!-- x --> <?xml version='1.0'?>" + item(""), 2),
    ("XML declaration of 1 MB", lambda: f"<?xml version='1.0'{' ' * 1_000_000}encoding='utf-8'?>" + item(""), 2),
    ("20,000 nested relative xml:base", lambda: item(nested("x xml:base='a/b/c/'", 20_000)), 2),
    ("20,000 nested xml:base, absolute", lambda: item(nested(f"x xml:base='http://a.example/{'b/' * 90}'", 20_000)), 2),
    ("500 KB of nested div", lambda: item(f"<description>{'&lt;div&gt;' * 50_000}</description>"), 2),
    ("500 KB of nested div, XHTML", lambda: item(f"<content type='xhtml'>{nested('div', 45_000)}</content>"), 2),
    ("500 KB of open b and p", lambda: item(f"<description>{'&lt;b&gt;&lt;p&gt;x' * 30_000}</description>"), 2),
    ("35 MB of item", lambda: rss("<item/>" * 5_000_000), 1),
    ("35 MB of item with a title", lambda: rss("<item><title>a b</title></item>" * 1_100_000), 2_000),
    ("35 MB of categories in one item", lambda: item("<category>abc</category>" * 1_400_000), 2),
    ("35 MB of links in one entry", lambda: "<feed><entry><title>x</title>" + "<link href='/a'/>" * 2_000_000, 1),
    ("billion laughs", laughs, 2),
    ("quadratic blow-up", lambda: entity(f'"{"x" * 100_000}"', 100_000), 2),
    ("external entity", lambda: entity("SYSTEM 'file:///etc/passwd'", 1), 2),
    ("entity that is itself", lambda: entity('"&a;&a;"', 1_000), 2),
    ("100 MB of a, open", lambda: rss("<a>" * 33_000_000), 1),
    ("100 MB of a, closed", lambda: rss(nested("a", 14_000_000)), 1),
    ("50 MB text node", lambda: item(f"<description>{'word ' * 10_000_000}</description>"), 2),
    ("50 MB text node of &", lambda: item(f"<description>{'&' * 50_000_000}</description>"), 2),
    ("50 MB text node of <", lambda: item(f"<description>{'<' * 50_000_000}</description>"), 2),
    ("50 MB title in CDATA", lambda: item(f"<title><![CDATA[{'x&' * 25_000_000}]]></title>"), 2),
    ("a million attributes", lambda: rss(f"<item{attributes(1_000_000)}><title>x</title></item>"), 1),
    ("one attribute of 30 MB", lambda: rss(f"<item x='{'y' * 30_000_000}'><title>x</title></item>"), 1),
    ("100,000 namespace declarations", lambda: rss("", f"<rss{namespaces(100_000)}>"), 1),
    ("unclosed CDATA, 200,000 times", lambda: rss("<x><![CDATA[</x>" * 200_000), 1),
    ("unclosed comment, 200,000 times", lambda: rss("<x><!-- </x>" * 200_000), 1),
    ("unclosed quotes, 100,000 times", lambda: rss("<a b=\"<\" c='<a b=\"' " * 100_000), 1),
    ("invalid UTF-8", lambda: item("").encode() + b"\xff\xfe\xc3" * 3_000_000, 2),
    ("windows-1252 of 10 MB", lambda: item("<description>").encode() + b"caf\xe9 " * 2_000_000, 2),
    ("UTF-16 of 10 MB", lambda: item(f"<description>{'é ' * 2_400_000}").encode("utf-16"), 2),
    ("UTF-32 of 10 MB", lambda: item(f"<description>{'é ' * 1_200_000}").encode("utf-32"), 2),
    ("NUL bytes", lambda: item("\0" * 9_000_000), 2),
    ("nothing but NUL bytes", lambda: "\0" * 50_000_000, 0),
    ("base64 of 9 MB", lambda: f"<feed><entry><title>x</title><content type='a/b'>{'QUJD' * 2_300_000}</content></entry>", 1),
    ("JSON, 9 MB of brackets", lambda: json_feed("[" * 9_000_000), 1),
    ("JSON, 9 MB of nested authors", lambda: json_feed('{"authors":[' * 750_000), 1),
    ("JSON, 50 MB of items", lambda: json_feed('{"id":"x","title":"y"},' * 2_200_000), 2_000),
    ("JSON, quotes and blanks", lambda: json_feed('{"title":"' + ('" ' + " " * 500) * 18_000), 1),
    ("JSON, half surrogates", lambda: json_feed('{"title":"' + "\\ud800" * 1_500_000 + '"}]}'), 2),
    ("JSON, comments", lambda: json_feed("/* */" * 1_800_000), 1),
    # Small in the document, and large when it is copied into every entry.
    ("2,000 items of open b and p", lambda: rss(f"<item><description>{'&lt;b&gt;&lt;p&gt;x' * 300}</description></item>" * 2_000), 1_800),
    ("2,000 items of nested div", lambda: rss(f"<item><description>{'&lt;div&gt;' * 500}</description></item>" * 2_000), 1_890),
    ("a long xml:base for 400,000 links", lambda: rss(f"<item xml:base='{LONG}'>{links(200)}</item>" * 1_900), 1_140),
    ("a long base for 400,000 links", lambda: f"<rss xml:base='{LONG}'>{rss(f'<item>{links(200)}</item>' * 1_900)}", 1_900),
    ("a long base for 46,000 links in HTML", lambda: item(f"<x xml:base='{LONG}'/><description xml:base='{LONG}'>{'&lt;a href=x&gt;' * 46_000}</description>"), 2),
    ("a long base for links in HTML, 40 times", lambda: rss(f"<item xml:base='{LONG}'><description>{'<![CDATA[' + '<a href=x>' * 20_000 + ']]>'}</description></item>" * 40), 40),
    ("200 long authors of 2,000 entries", lambda: f"<feed>{''.join(f'<author><name>{i}{LONG * 8}</name></author>' for i in range(200))}{'<entry><title>x</title></entry>' * 2_000}", 2_000),
    ("200 long authors of 2,000 JSON items", lambda: '{"authors":[' + ",".join(f'"{i}{LONG * 8}"' for i in range(200)) + '],"items":[' + '{"id":1},' * 2_000, 2_000),
    ("a long language of 2,000 entries", lambda: f"<feed xml:lang='{'x' * 60_000}'>{'<entry><title>x</title></entry>' * 2_000}", 2_000),
    ("a web page of 9 MB with 100,000 links", lambda: "<!doctype html><html>" + "<a href='/feed.xml?i'>x</a>" * 330_000, 0),
]


def truncations(folder):
    """One feed, cut at every byte: a file each."""
    text = item("<description>a &lt;b&gt;c&lt;/b&gt;</description><guid isPermaLink='false'>x</guid>").encode()
    paths = []
    for at in range(len(text)):
        paths.append(os.path.join(folder, f"cut-{at}"))
        with open(paths[-1], "wb") as file:
            file.write(text[:at])
    return paths


def bomb():
    """1 GB of spaces in an RSS feed, compressed to 1 MB."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            try:
                self.wfile.write(packed)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    # One member of a mebibyte, a thousand times: gzip allows members in a row.
    member = gzip.compress(b" " * (1 << 20), 9)
    packed = gzip.compress(rss("").encode()) + member * 1000
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def apart(act, *arguments):
    """Does `act` in a process of its own and returns what it returns. A program's peak of memory includes that of the process
    which started it, so this process must stay small."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        with os.fdopen(write, "w", encoding="utf-8") as out:
            json.dump(act(*arguments), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as back:
        given = back.read()
    os.waitpid(pid, 0)
    return json.loads(given)


def make_file(path, make):
    text = make()
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def measure(command, printed):
    """Seconds, peak memory in MB, entries of the first document, lines printed, exit code."""
    output = [(os.POSIX_SPAWN_OPEN, 1, printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    output.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
    began = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=output)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    with open(printed, "rb") as file:
        lines = file.read(200_000_000).splitlines()
    entries = len(json.loads(lines[0]).get("entries", [])) if lines else 0
    return seconds, usage.ru_maxrss / 1024, entries, len(lines), os.waitstatus_to_exitcode(status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tidings")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--megabytes", type=float, default=100.0)
    arguments = parser.parse_args()
    failed = 0

    def show(name, size, want, measured):
        nonlocal failed
        seconds, megabytes, entries, _, code = measured
        # 1 says that it is no feed; any other code is a crash.
        good = code in (0, 1) and entries >= want
        good = good and seconds <= arguments.seconds and megabytes <= arguments.megabytes
        failed += not good
        print(f"{name:40} {size:8.1f} MB {seconds:6.2f} s {megabytes:6.0f} MB {entries:5}  {'ok' if good else 'FAILED'}")

    with tempfile.TemporaryDirectory() as folder:
        path, printed = os.path.join(folder, "feed"), os.path.join(folder, "printed")
        command = [os.path.abspath(arguments.tidings), "parse", "--json"]
        print(f"{'document':40} {'size':>11} {'time':>8} {'memory':>9} {'read':>5}")
        for name, make, want in DOCUMENTS:
            if arguments.only not in name:
                continue
            apart(make_file, path, make)
            show(name, os.path.getsize(path) / 1e6, want, apart(measure, [*command, path], printed))
            os.remove(path)
        if arguments.only in "cut at every byte":
            paths = truncations(folder)
            measured = apart(measure, [*command, *paths], printed)
            failed += measured[3] != len(paths)
            show("cut at every byte", len(paths) ** 2 / 2e6, 0, measured)
        if arguments.only in "gzip bomb, 1 MB to 1 GB":
            server = bomb()
            settings = os.path.join(folder, "feeds.toml")
            with open(settings, "w", encoding="utf-8") as file:
                file.write("[poll]\nallow_private = true\n")
            address = f"http://127.0.0.1:{server.server_address[1]}/"
            measured = apart(measure, [command[0], "--config", settings, *command[1:], address], printed)
            show("gzip bomb, 1 MB to 1 GB", 1.0, 0, measured)
            server.shutdown()
    if failed:
        sys.exit(f"{failed} failed")


if __name__ == "__main__":
    main()
