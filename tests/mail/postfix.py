#!/usr/bin/env python3
"""Sends editions to a thousand recipients through a real Postfix, and counts what arrives.

    sudo tests/mail/postfix.py target/release/tidings [--recipients 1000] [--kills 5] [--seed N] [--keep]

It installs Postfix (on Debian; it is not set up nor started as the machine's own), starts one with STARTTLS and AUTH on
loopback, and lets the daemon send an edition. Of the recipients every tenth is greylisted, one is refused, one is
answered slowly. The daemon is killed at random moments, the server stopped for some seconds. Then an edition is
asked for beside the daemon. It takes some ten minutes. Exit code 0 when every check holds, 1 otherwise.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "kill"), os.path.join(HERE, "..", "hostile")]

from books import Books, Checks  # noqa: E402
from daemon import Daemon, free_port  # noqa: E402
from loopback import serve_feed  # noqa: E402
from server import Policy, Postfix, install  # noqa: E402

GREYLISTED_S = 60
SLOW_S = 10
DOWN_S = 3
PASSWORD = "not a secret"

REFUSED, SLOW = "reader-7@reader.example", "reader-8@reader.example"


def is_greylisted(recipient):
    return recipient.split("@")[0].endswith("5")


def answer(recipient, waited):
    if recipient == REFUSED:
        return "550 5.1.1 There is nobody of that name"
    if recipient == SLOW:
        time.sleep(SLOW_S)
    if is_greylisted(recipient) and waited < GREYLISTED_S:
        return "451 4.7.1 Greylisted, come back later"
    return "DUNNO"


class Sender(Daemon):
    """The daemon with a password, and an authority that it trusts."""

    def __init__(self, program, folder, authority):
        super().__init__(program, folder, free_port())
        self.authority = authority

    def _env(self):
        return dict(super()._env(), SSL_CERT_FILE=self.authority, TIDINGS_SMTP_PASSWORD=PASSWORD)


class Trial:
    def __init__(self, options, folder):
        self.random, self.checks = random.Random(options.seed), Checks()
        self.readers = ["reader-%d@reader.example" % n for n in range(options.recipients)]
        self.kills, self.started = options.kills, time.monotonic()
        self.postfix = Postfix(os.path.join(folder, "postfix"), free_port(), PASSWORD, Policy(answer))
        self.daemon = Sender(os.path.abspath(options.program), folder, os.path.join(folder, "postfix", "authority.pem"))
        self.database = os.path.join(folder, "data", "tidings.db")
        self.items = ["<item><guid>1</guid><title>Ferry runs aground</title><description>Forty were saved.</description></item>"]
        self.feed = serve_feed(lambda: "".join(self.items))

    def say(self, text):
        print("%6.1f s  %s" % (time.monotonic() - self.started, text), flush=True)

    def configure(self):
        """An edition a day, the first in a minute or two."""
        due = time.gmtime(time.time() + 70)
        with open(os.path.join(self.daemon.folder, "feeds.toml"), "w", encoding="utf-8") as config:
            config.write(
                '[site]\nlisten = "127.0.0.1:%d"\n[store]\npath = "data/tidings.db"\n'
                '[poll]\nmin_interval = "1s"\ninterval = "1s"\nhost_pause = "0s"\nallow_private = true\n'
                '[mail]\nsmtp = "smtp://tidings@%s:%d"\nfrom = "news@reader.example"\n'
                '[[feed]]\nurl = "%s"\n[[digest]]\nname = "daily"\nschedule = "%d %d * * *"\nto = [%s]\n'
                % (self.daemon.port, self.postfix.host, self.postfix.port, self.feed, due.tm_min, due.tm_hour,
                   ", ".join('"%s"' % reader for reader in self.readers)))

    def taken(self):
        return self.postfix.count("/cleanup[")

    def wait(self, what, holds, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not holds() and not self.daemon.is_gone():
            time.sleep(0.05)
        return self.checks.that(what, holds())

    def restart(self):
        self.daemon.start()
        if not self.checks.that("the daemon starts again", self.daemon.wait_ready()):
            with open(self.daemon.log_path(self.daemon.life), encoding="utf-8") as log:
                raise SystemExit("the daemon does not start: %s" % log.read()[-600:])

    def send(self):
        """Sends the edition that is due, with every accident."""
        self.restart()
        # All accidents come before the first deferred mails are tried again, so that the pauses of these do not grow long.
        step = len(self.readers) // (self.kills + 3)
        for accident in range(self.kills + 1):
            goal = self.taken() + step
            self.wait("the edition goes out", lambda: self.taken() >= goal, 150)
            if accident == self.kills // 2:
                self.postfix.stop()
                time.sleep(DOWN_S)
                self.postfix.start()
                self.say("the server was stopped for %d s after %d mails" % (DOWN_S, self.taken()))
                continue
            time.sleep(self.random.uniform(0, 0.2))
            self.daemon.kill()
            self.say("the daemon is killed after %d mails" % self.taken())
            self.restart()
        self.wait("nothing stays open", lambda: Books(self.database).open_deliveries() == 0, 1000)
        self.say("the edition has gone to everyone: %d connections" % self.postfix.count(": connect from"))

    def ask(self):
        """Adds news, and asks for an edition beside the daemon."""
        self.items.insert(0, "<item><guid>2</guid><title>Owls nest in tower</title><description>The bell is silent.</description></item>")
        stories = lambda: len(Books(self.database).stories)
        self.wait("the news is taken in", lambda: stories() == 2, 30)
        before = self.postfix.count(": connect from")
        run = subprocess.run(self.daemon._argv("feeds.toml", "digest", "daily", "--send"), env=self.daemon._env(),
                             capture_output=True, text=True, timeout=300)
        said = (run.stdout + run.stderr).strip()
        self.say("asked for, with code %d: %s" % (run.returncode, said.splitlines()[1:3]))
        self.checks.that("who asks for an edition learns that one was refused",
                         run.returncode == 1 and "1 refused" in said and "nobody of that name" in said, said)
        self.wait("nothing stays open", lambda: Books(self.database).open_deliveries() == 0, 300)
        connections = self.postfix.count(": connect from") - before
        self.checks.that("an edition goes over few connections", connections <= 5, str(connections))
        self.say("the second edition has gone out: %d connections" % connections)

    def count(self):
        self.checks.that("the server delivers all that it has taken", self.postfix.wait_delivered())
        books = Books(self.database)
        books.check_alone(self.checks, set())
        wanted = {row[2]: key[1] for key, row in books.deliveries.items()}
        got, defects, clear = {}, 0, 0
        for recipient, mail in self.postfix.mails():
            got.setdefault(mail["Message-ID"], []).append(recipient)
            defects += len(mail.defects) + sum(len(part.defects) for part in mail.walk())
            clear += "with ESMTPSA" not in str(mail["Received"])
        checks = self.checks
        checks.that("there are two editions", len(books.editions) == 2, str(len(books.editions)))
        checks.none("every mail belongs to a delivery, and went to its recipient",
                    [id for id, to in got.items() if set(to) != {wanted.get(id)}])
        checks.none("every recipient got every edition, but for the one who is refused",
                    [to for id, to in wanted.items() if id not in got and to != REFUSED])
        checks.that("who is refused got nothing", REFUSED not in [to for each in got.values() for to in each])
        doubled = sum(len(to) - 1 for to in got.values())
        checks.that("a kill doubles one mail at most", doubled <= self.kills, str(doubled))
        checks.that("every mail came with TLS and a password", clear == 0, str(clear))
        checks.that("Python's email finds no defect", defects == 0, str(defects))
        greylisted = self.postfix.count("Greylisted")
        checks.that("there was greylisting", greylisted >= len(self.readers) // 10, str(greylisted))
        self.say("%d editions, %d deliveries, %d mails, %d doubled by %d kills, %d times greylisted"
                 % (len(books.editions), len(wanted), sum(map(len, got.values())), doubled, self.kills, greylisted))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="the tidings binary")
    parser.add_argument("--recipients", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="keep the folder with database, logs and mails")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("Postfix is started by root only")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    install()
    folder = tempfile.mkdtemp(prefix="tidings-mail-")
    os.chmod(folder, 0o755)
    print("postfix.py: %d recipients, %d kills, seed %d, in %s" % (options.recipients, options.kills, options.seed, folder))
    trial = Trial(options, folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        trial.postfix.start()
        trial.configure()
        trial.send()
        trial.ask()
        trial.count()
    finally:
        if trial.daemon.process is not None and not trial.daemon.is_gone():
            trial.daemon.kill()
        trial.postfix.stop()
    return trial.checks.close(folder, options.keep)


if __name__ == "__main__":
    sys.exit(main())
