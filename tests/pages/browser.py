"""A headless Chromium, driven over a pipe with the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).

It knows the browser and nothing of the pages. It needs Python's own modules only, since the protocol goes over two pipes and
not over a websocket.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE_S = 20

# A script that runs in every page before its own: it records what the page's policy forbids.
WATCH = "window.forbidden = []; addEventListener('securitypolicyviolation', e => forbidden.push(e.violatedDirective + ' ' + e.blockedURI));"


def installed():
    """The path of the browser's program, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One browser with one window."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tidings-pages-")
        asked, self.out = os.pipe()
        self.answers, told = os.pipe()
        # Chromium reads requests from file descriptor 3 and answers on 4.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (asked, told)]
        arguments = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe"]
        arguments += ["--user-data-dir=" + self.folder] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen(
            [installed()] + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=lambda: [os.dup2(ends[0], 3), os.dup2(ends[1], 4)],
        )
        for end in [asked, told] + ends:
            os.close(end)
        self.unread, self.number, self.events, self.session = b"", 0, [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
            self.ask(domain + ".enable")
        self.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self, until):
        while b"\0" not in self.unread:
            if not select.select([self.answers], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            more = os.read(self.answers, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self.unread += more
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        """Sends a request and returns the answer; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self._message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        """Waits until an event of that name is among those kept."""
        until = time.monotonic() + PATIENCE_S
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message(until))

    def kept(self, method):
        return [event["params"] for event in self.events if event.get("method") == method]

    def run(self, script):
        """Evaluates an expression in the page and returns its value, that of a promise when it is settled."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
        return answer["result"].get("value")

    def open(self, address):
        """Opens an address as if it were typed, and waits until the page is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")

    def click(self, selector):
        """Clicks on the middle of the first element found, and waits for the page that it leads to."""
        place = self.run(
            "(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center'});"
            " const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; })()" % json.dumps(selector)
        )
        self.events.clear()
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self.wait_for("Page.loadEventFired")

    def key(self, key, code, shift=False, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0, text=text if kind == "keyDown" else "",
            )

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def look(self, width, height=900, dark=False):
        """Sets the window's size and whether the reader wants it dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path):
        """Writes what the window shows as a PNG file."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))
