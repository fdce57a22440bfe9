#!/usr/bin/env python3
"""Makes accidents happen to a running daemon and to commands, and checks what they report.

    tests/hostile/accidents.py target/release/tidings

A database deleted or replaced under the daemon, backups killed halfway, a database that may not be written, too few file
descriptors, a machine without DNS; where mounting is allowed (root), a full disk and a read-only file system, too. Exit code 0
when each is reported as what it is and nothing is lost. It needs Linux and takes about 40 seconds.
"""

import contextlib
import email.utils
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from loopback import free_port, serve_feed, words

NOBODY = 65534


class Newsroom:
    """A feed on loopback whose every document brings other entries."""

    def __init__(self):
        self.documents, self.rng = 0, random.Random(7)
        self.address = serve_feed(self.others)

    def others(self):
        self.documents += 1
        return "".join(
            "<item><title>%s</title><guid>%d-%d</guid><pubDate>%s</pubDate><description>%s</description></item>"
            % (words(self.rng, 8), self.documents, n, email.utils.formatdate(), words(self.rng, 800))
            for n in range(40)
        )


class Trial:
    def __init__(self, program):
        self.program, self.failed, self.newsroom = program, [], Newsroom()

    def tell(self, name, good, what=""):
        print("%-6s %-66s %s" % ("ok" if good else "FAILED", name, " ".join(str(what).split())[:300]), flush=True)
        if not good:
            self.failed.append(name)

    def place(self, folder, feeds=None, poll="", interval="1s"):
        """Writes a `feeds.toml` into the folder. Returns the port that the daemon is to listen on."""
        port = free_port()
        with open(os.path.join(folder, "feeds.toml"), "w") as file:
            file.write('[site]\nlisten = "127.0.0.1:%d"\n' % port)
            file.write('[poll]\nallow_private = true\nmin_interval = "1s"\ninterval = "%s"\n%s' % (interval, poll))
            for url in feeds or [self.newsroom.address]:
                file.write('[[feed]]\nurl = "%s"\ncategory = "world"\n' % url)
        return port

    def command(self, folder, *arguments, **options):
        argv = [self.program, "--config", os.path.join(folder, "feeds.toml"), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, errors="replace", **options)
        return done.returncode, done.stdout + done.stderr

    def start(self, folder, **options):
        argv = [self.program, "--config", os.path.join(folder, "feeds.toml"), "run"]
        with open(os.path.join(folder, "log"), "wb") as log:
            return subprocess.Popen(argv, stdout=log, stderr=log, **options)

    def ask(self, port, path="/healthz"):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def until(self, port, wanted, seconds, path="/healthz"):
        """Asks until the answer contains what is wanted. Returns whether it did, and how long that took with the answer."""
        began = time.monotonic()
        while True:
            said = self.ask(port, path)
            lasted = time.monotonic() - began
            if wanted in said[1] or lasted > seconds:
                return wanted in said[1], "%.1f s: %s" % (lasted, said)
            time.sleep(0.2)

    def entries(self, database):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            return connection.execute("SELECT count(*) FROM entries").fetchone()[0]

    def log(self, folder):
        with open(os.path.join(folder, "log"), errors="replace") as log:
            return log.read()

    def deleted(self, folder):
        port = self.place(folder)
        daemon = self.start(folder)
        self.until(port, "ok", 20)
        database = os.path.join(folder, "data/tidings.db")
        os.rename(database, database + ".away")
        seen, what = self.until(port, "deleted or replaced", 5)
        self.tell("a database that is deleted is missed within seconds", seen, what)
        time.sleep(2.5)
        self.tell("... in the log", "was deleted or replaced" in self.log(folder))
        code, said = self.command(folder, "status")
        self.tell("... and by status", "does not exist" in said and code == 1, said)
        os.rename(database + ".away", database)
        seen, what = self.until(port, "ok", 5)
        self.tell("... and goes on when it is back", seen, what)
        daemon.terminate()
        daemon.wait(20)

    def backups(self, folder):
        self.place(folder)
        for _ in range(25):
            self.command(folder, "run", "--once", "--all")
        wrong, complete, copy = [], 0, os.path.join(folder, "copy.db")
        entries = self.entries(os.path.join(folder, "data/tidings.db"))
        for n in range(30):
            argv = [self.program, "--config", os.path.join(folder, "feeds.toml"), "backup", copy]
            backup = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
            time.sleep(0.01 * n)
            backup.kill()
            backup.wait()
            if os.path.exists(copy):
                complete += 1
                if self.entries(copy) != entries:
                    wrong.append(n)
                os.remove(copy)
        self.tell("a backup that is killed leaves nothing or all", not wrong, "%d of 30 complete" % complete)
        code, said = self.command(folder, "backup", copy)
        left = [name for name in os.listdir(folder) if name.endswith(".part")]
        self.tell("... and the next one leaves no rest of it", code == 0 and not left, said)
        code, said = self.command(folder, "backup", os.path.join(folder, "no/where.db"))
        self.tell("a backup to nowhere says so", code == 1 and "no/where.db" in said, said)

    def read_only_file(self, folder):
        self.place(folder)
        self.command(folder, "run", "--once", "--all")
        options = {}
        if os.geteuid() == 0:
            for base, folders, files in os.walk(folder):
                for name in [base, *(os.path.join(base, name) for name in folders + files)]:
                    os.chown(name, NOBODY, NOBODY)
            program = shutil.copy(self.program, folder)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            self.program, program = program, self.program
        database = os.path.join(folder, "data/tidings.db")
        os.chmod(database, 0o444)
        code, said = self.command(folder, "run", "--once", **options)
        self.tell("a database that may not be written is refused", code == 1 and "ermission denied" in said, said)
        code, said = self.command(folder, "status", **options)
        self.tell("... and may be looked at", code == 0 and "1 feed" in said, said)
        os.chmod(database, 0o644)
        code, said = self.command(folder, "run", "--once", "--all", **options)
        self.tell("... and written when it may be again", code == 0, said)
        # An earlier version left such a file.
        with open(database + "-shm", "wb") as shared:
            shared.truncate(32768)
        os.chmod(database + "-shm", 0o444)
        if options:
            os.chown(database + "-shm", NOBODY, NOBODY)
        code, said = self.command(folder, "run", "--once", "--all", **options)
        self.tell("... also when something read-only was left beside it", code == 0, said)
        os.chmod(os.path.join(folder, "data"), 0)
        code, said = self.command(folder, "status", **options)
        os.chmod(os.path.join(folder, "data"), 0o755)
        good = code == 1 and "ermission denied" in said and "not exist" not in said
        self.tell("what may not be looked into is not said to be missing", good, said)
        if options:
            self.program = program

    def descriptors(self, folder):
        port = self.place(folder)
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
        code, said = self.command(folder, "run", preexec_fn=few)
        self.tell("too few file descriptors are refused at the start", code == 1 and "LimitNOFILE" in said, said)
        daemon = self.start(folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
        self.until(port, "ok", 20)
        self.tell("... few ones are said, and do", "visitors are served at once" in self.log(folder))
        # Now they run out while the daemon works.
        used = len(os.listdir("/proc/%d/fd" % daemon.pid))
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (used - 2, 256))
        time.sleep(4)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (256, 256))
        code, said = self.command(folder, "status")
        self.tell("... and when they run out no publisher is blamed", code == 0 and "FAILING" not in said, said)
        daemon.terminate()
        daemon.wait(20)

    def no_dns(self, folder):
        port = self.place(folder, ["http://feeds.invalid/feed.xml"])
        daemon = self.start(folder)
        seen, what = self.until(port, "no name can be looked up", 20)
        self.tell("a machine without DNS is seen as one in /healthz", seen and "(200" in what, what)
        self.tell("... in /metrics", "tidings_offline 1" in self.ask(port, "/metrics")[1])
        self.tell("... and by status", "no name can be looked up" in self.command(folder, "status")[1])
        daemon.terminate()
        daemon.wait(20)

    def mounted(self, folder):
        disk = os.path.join(folder, "disk")
        os.mkdir(disk)
        if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], stderr=subprocess.DEVNULL):
            print("-      a full disk, a read-only file system: not tried, for nothing may be mounted here")
            return
        try:
            port = self.place(disk, interval="2s")
            daemon = self.start(disk, cwd=folder)
            seen, what = self.until(port, "full", 60)
            self.tell("a full disk is seen as one in /healthz", seen and "(503" in what, what)
            metrics = self.ask(port, "/metrics")[1]
            self.tell("... in /metrics", 'tidings_store_trouble{kind="full"} 1' in metrics)
            self.tell("... and by status", "the disk is full" in self.command(disk, "status")[1])
            subprocess.check_call(["mount", "-o", "remount,size=40m", disk])
            seen, what = self.until(port, "ok", 90)
            self.tell("... and it goes on when there is room", seen, what)
            before = self.entries(os.path.join(disk, "data/tidings.db"))
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()
            subprocess.check_call(["mount", "-o", "remount,ro", disk])
            code, said = self.command(disk, "status")
            self.tell("a read-only file system may be looked at", code == 0 and "1 feed" in said, said)
            code, said = self.command(disk, "run", "--once")
            self.tell("... and is refused as one", code == 1 and "ead-only" in said, said)
            subprocess.call(["mount", "-o", "remount,rw", disk])
            code, said = self.command(disk, "run", "--once", "--all")
            after = self.entries(os.path.join(disk, "data/tidings.db"))
            self.tell("... and nothing is lost", code == 0 and after > before, said)
        finally:
            subprocess.call(["umount", "-l", disk])

    def run(self):
        accidents = [self.deleted, self.backups, self.read_only_file, self.descriptors, self.no_dns, self.mounted]
        for accident in accidents:
            with tempfile.TemporaryDirectory() as folder:
                os.chmod(folder, 0o755)
                accident(folder)
        return 1 if self.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(Trial(os.path.abspath(sys.argv[1])).run())
