"""Starts the program under test, asks it, and ends it by SIGTERM or SIGKILL."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """One program that is started again and again. Each run, a life, has a log of its own."""

    def __init__(self, program, folder, port):
        self.program, self.folder, self.port = program, folder, port
        self.life = 0
        self.process = None

    def log_path(self, name):
        return os.path.join(self.folder, "log-%s.txt" % name)

    def command(self, *arguments, name, config="feeds.toml"):
        """Runs a command to its end. Returns its exit code."""
        with open(self.log_path(name), "wb") as log:
            return subprocess.call(self._argv(config, *arguments), stdout=log, stderr=log, env=self._env(), timeout=60)

    def _argv(self, config, *arguments):
        return [self.program, "--config", os.path.join(self.folder, config), *arguments]

    def _env(self):
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "TMPDIR")}
        return dict(kept, NO_COLOR="1", TIDINGS_LOG="info", RUST_BACKTRACE="1")

    def start(self):
        self.life += 1
        with open(self.log_path(self.life), "wb") as log:
            self.process = subprocess.Popen(self._argv("feeds.toml", "run"), stdout=log, stderr=log, env=self._env())

    def wait_ready(self, timeout=30):
        """Waits until it answers. Returns whether it does in time."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.get("/healthz")[0] == 200:
                return True
            time.sleep(0.02)
        return False

    def is_gone(self):
        return self.process.poll() is not None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout=30):
        """Sends SIGTERM. Returns the exit code (`None` when it had to be killed) and how long the end took, in seconds."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        return code, time.monotonic() - asked

    def get(self, path):
        """Status and body; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def logs(self):
        """Every line logged so far, with the name of its log."""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("log-"):
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as log:
                    for line in log:
                        yield name, line.rstrip()
