"""What the scripts beside this share: a port that is free, made-up words, and a feed on loopback."""

import http.server
import os
import sys
import threading

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kill"))

from daemon import free_port  # noqa: E402,F401  (for those who import this)


def words(rng, count):
    return " ".join("".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3)) for _ in range(count))


def serve_feed(items):
    """Serves what `items` gives, asked anew each time, as a feed. Gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = ("<rss version='2.0'><channel><title>t</title>%s</channel></rss>" % items()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/feed.xml" % server.server_address[1]
