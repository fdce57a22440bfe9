"""A publisher of several feeds on loopback that gain entries with every answer.

It remembers which entries it served with which validators. A validator that comes back shows that the daemon has stored
those entries. It knows nothing of the daemon.
"""

import datetime
import email.utils
import http.server
import random
import socketserver
import threading
import time
from xml.sax.saxutils import escape

# How many entries a document holds, the newest.
WINDOW = 40

# The first date of a feed's `Last-Modified`; each version is a second later than the one before.
EPOCH = 1_790_000_000

SYLLABLES = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru " \
    "sa se si so su ta te ti to tu va ve vi vo vu".split()


class Entry:
    """One entry of one feed. Copies in other feeds share everything but the key."""

    def __init__(self, key, url, title, text, published):
        self.key, self.url, self.title, self.text, self.published = key, url, title, text, published


class Feed:
    """One feed: its entries now, and the keys of its entries at each version."""

    def __init__(self, number, address):
        self.number = number
        self.url = "http://%s:%d/feed-%d" % (address[0], address[1], number)
        self.dialect = ("rss", "atom")[number % 2]
        # With "none", every answer is a whole document.
        self.validators = ("etag", "both", "date", "both", "etag", "none")[number % 6]
        self.entries = []
        self.version = 0
        # The keys of each version, and the versions that were sent whole at least once.
        self.carried = {}
        self.whole = set()
        # Keys that the daemon must hold, because a validator of a document with them came back.
        self.promised = set()
        self.answers = 0

    def etag(self, version):
        return '"feed-%d;v=%d"' % (self.number, version)

    def date(self, version):
        return email.utils.formatdate(EPOCH + version, usegmt=True)

    def version_of(self, headers):
        """The version whose validators came back; `None` without any. Raises `ValueError` for what was never sent."""
        etag, date = headers.get("If-None-Match"), headers.get("If-Modified-Since")
        found = []
        if etag is not None:
            found += [v for v in self.carried if self.etag(v) == etag] or [None]
        if date is not None:
            found += [v for v in self.carried if self.date(v) == date] or [None]
        if None in found or len(set(found)) > 1:
            raise ValueError("%s came back with validators never sent so: %r, %r" % (self.url, etag, date))
        return found[0] if found else None

    def document(self):
        if self.dialect == "rss":
            items = "".join(
                "<item><guid isPermaLink=\"false\">%s</guid><link>%s</link><title>%s</title>"
                "<description>%s</description><pubDate>%s</pubDate></item>\n"
                % (escape(e.key), escape(e.url), escape(e.title), escape(e.text),
                   email.utils.formatdate(e.published, usegmt=True))
                for e in self.entries
            )
            return ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>Wire %d</title>"
                    "<link>http://wire-%d.example/</link><description>d</description>\n%s</channel></rss>\n"
                    % (self.number, self.number, items))
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        iso = lambda t: datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime(stamp)
        items = "".join(
            "<entry><id>%s</id><link href=\"%s\"/><title>%s</title><summary>%s</summary><published>%s</published>"
            "<updated>%s</updated></entry>\n"
            % (escape(e.key), escape(e.url), escape(e.title), escape(e.text), iso(e.published), iso(e.published))
            for e in self.entries
        )
        return ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">"
                "<id>urn:wire:%d</id><title>Wire %d</title><link href=\"http://wire-%d.example/\"/>\n%s</feed>\n"
                % (self.number, self.number, self.number, items))


class Origin:
    """All feeds, served by threads of their own until `close`."""

    def __init__(self, feeds, seed, hosts=4, first=25):
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.growing = True
        self.whole_answers = 0
        self.not_modified = 0
        self.cut_off = 0
        self.revised = 0
        self.complaints = []
        self.count = 0
        # By address of an entry that two feeds carry: the pairs of feed address and key.
        self.copies = {}
        self.servers = [self._listen("127.0.0.%d" % (n + 1)) for n in range(hosts)]
        self.feeds = [Feed(n, self.servers[n % hosts].server_address) for n in range(feeds)]
        for feed in self.feeds:
            for _ in range(first):
                self._grow(feed, copies=False)
            self._publish(feed)

    def _listen(self, host):
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                origin._answer(self)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                # A killed client leaves broken pipes behind, which is no error here.
                pass

        server = Server((host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def _words(self, count):
        pick = self.random
        return [("".join(pick.choice(SYLLABLES) for _ in range(pick.randint(2, 4)))) for _ in range(count)]

    def _grow(self, feed, copies=True):
        self.count += 1
        n, words = self.count, self._words(60)
        url = "http://wire-%d.example/%d/%s" % (feed.number, n, words[0])
        entry = Entry("wire-%d:%d" % (feed.number, n), url, " ".join(words[:7]).capitalize() + " & <%d>" % n,
                      " ".join(words[7:]).capitalize() + ".", int(time.time()))
        feed.entries.insert(0, entry)
        if copies and self.random.random() < 0.25:
            other = self.random.choice([f for f in self.feeds if f is not feed])
            copy = Entry("copy-%d:%d" % (other.number, n), entry.url, entry.title, entry.text, entry.published)
            other.entries.insert(0, copy)
            self.copies[url] = [(feed.url, entry.key), (other.url, copy.key)]
            self._publish(other)

    def _revise(self, feed):
        entry = self.random.choice(feed.entries)
        entry.text += " " + " ".join(self._words(3)).capitalize() + "."
        self.revised += 1

    def _publish(self, feed):
        del feed.entries[WINDOW:]
        feed.version += 1
        feed.carried[feed.version] = frozenset(entry.key for entry in feed.entries)

    def _answer(self, request):
        number = int(request.path.rpartition("-")[2])
        with self.lock:
            feed = self.feeds[number]
            try:
                known = feed.version_of(request.headers)
                if known is not None:
                    if known not in feed.whole:
                        raise ValueError("%s: the validators of a document that never went out whole came back" % feed.url)
                    feed.promised |= feed.carried[known]
            except ValueError as complaint:
                self.complaints.append(str(complaint))
                known = None
            if self.growing and self.random.random() < 0.7:
                for _ in range(self.random.randint(1, 5)):
                    self._grow(feed)
                if self.random.random() < 0.15:
                    self._revise(feed)
                self._publish(feed)
            version = feed.version
            body = feed.document().encode() if known != version else None
            cut = body and self.growing and self.random.random() < 0.04
            pause = self.random.uniform(0, 0.03) if body and self.random.random() < 0.3 else 0
            if body and not cut:
                # Noted before the body is sent, since the next request may come before this thread goes on.
                feed.whole.add(version)
        request.send_response(304 if body is None else 200)
        if feed.validators in ("etag", "both"):
            request.send_header("ETag", feed.etag(version))
        if feed.validators in ("date", "both"):
            request.send_header("Last-Modified", feed.date(version))
        if body is not None:
            kind = {"rss": "application/rss+xml", "atom": "application/atom+xml"}[feed.dialect]
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if body is not None:
            half = len(body) // 2
            request.wfile.write(body[:half])
            if pause:
                request.wfile.flush()
                time.sleep(pause)
            if cut:
                request.close_connection = True
            else:
                request.wfile.write(body[half:])
        with self.lock:
            self.cut_off += bool(cut)
            self.not_modified += body is None
            if not cut:
                feed.answers += 1
                self.whole_answers += body is not None
            self.changed.notify_all()

    def wait_whole(self, count, timeout, give_up=lambda: False):
        """Waits until this many more documents were sent whole. Returns whether they were."""
        with self.lock:
            goal = self.whole_answers + count
            deadline = time.monotonic() + timeout
            while self.whole_answers < goal and time.monotonic() < deadline and not give_up():
                self.changed.wait(0.1)
            return self.whole_answers >= goal

    def freeze(self):
        """From now on nothing changes, and every answer is whole."""
        with self.lock:
            self.growing = False
            for feed in self.feeds:
                feed.answers = 0

    def settled(self):
        """Whether every feed has answered three times since the freeze. The first answer may have been under way before it,
        the second is final, and the third shows that the second was filed."""
        with self.lock:
            return all(feed.answers >= 3 for feed in self.feeds)

    def promised(self):
        with self.lock:
            return {(feed.url, key) for feed in self.feeds for key in feed.promised}

    def served_now(self):
        with self.lock:
            return {(feed.url, entry.key): entry for feed in self.feeds for entry in feed.entries}

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
