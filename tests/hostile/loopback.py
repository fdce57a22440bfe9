"""What several scripts share: a free port, made-up words, and a feed served on loopback."""

import http.server
import os
import sys
import threading

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kill"))

from daemon import free_port  # noqa: E402,F401  (for those who import this)


def memory_mb(pid, what="VmRSS"):
    """A process's memory in MB: what is resident, or another line of /proc/PID/status."""
    with open("/proc/%d/status" % pid) as status:
        return int(next(line for line in status if line.startswith(what)).split()[1]) / 1024


def words(rng, count):
    return " ".join("".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3)) for _ in range(count))


def serve(document):
    """Serves on loopback what `document` returns for a path, called for each request. Returns the address without a path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = document(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]


def serve_feed(items):
    """Serves a feed with the items that `items` returns, called for each request. Returns the feed's address."""
    document = "<rss version='2.0'><channel><title>t</title>%s</channel></rss>"
    return serve(lambda _: (document % items()).encode()) + "/feed.xml"
