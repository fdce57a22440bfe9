"""A mail server on loopback that accepts everything, remembers it, and can answer slowly.

It speaks as much ESMTP as a client needs that sends one message to one recipient (RFC 5321, 6152, 6531).
"""

import random
import re
import socketserver
import threading
import time


class Mail:
    """One message. It counts as taken when its last line has come, even if the client is killed before it hears so."""

    def __init__(self, recipient, message_id, life):
        self.recipient, self.message_id, self.life = recipient, message_id, life


class Sink:
    """Listens until `close`. `life` is set by the caller: the life of the daemon that connects now."""

    def __init__(self, seed, delay):
        self.random = random.Random(seed)
        self.delay = delay
        self.life = 0
        self.mails = []
        self.lock = threading.RLock()
        self.taken = threading.Condition(self.lock)
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    sink._talk(self.rfile, self.wfile)
                except (ConnectionError, TimeoutError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _talk(self, lines, out):
        life = self.life
        recipient = None

        def say(text):
            out.write(text.encode() + b"\r\n")
            out.flush()

        say("220 sink.example ESMTP")
        while True:
            line = lines.readline()
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            verb = text.upper()
            if verb.startswith("EHLO"):
                say("250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING")
            elif verb.startswith("RCPT TO:"):
                recipient = re.search("<(.*)>", text).group(1)
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                self._take(lines, recipient, life)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def _take(self, lines, recipient, life):
        message_id, in_headers = None, True
        while True:
            line = lines.readline()
            if not line:
                raise ConnectionError("the client went away within a message")
            if line == b".\r\n":
                break
            in_headers = in_headers and line.strip() != b""
            if in_headers and line.lower().startswith(b"message-id:"):
                message_id = line.split(b":", 1)[1].strip().decode()
        with self.lock:
            self.mails.append(Mail(recipient, message_id, life))
            delay = self.random.uniform(*self.delay)
            self.taken.notify_all()
        time.sleep(delay)

    def wait_taken(self, count, timeout, give_up=lambda: False):
        """Waits until this many more mails have come. Returns whether they did."""
        with self.lock:
            goal = len(self.mails) + count
            deadline = time.monotonic() + timeout
            while len(self.mails) < goal and time.monotonic() < deadline and not give_up():
                self.taken.wait(0.1)
            return len(self.mails) >= goal

    def close(self):
        self.server.shutdown()
        self.server.server_close()
