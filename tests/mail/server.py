"""A Postfix for the trial alone, on loopback, with STARTTLS, AUTH and a policy service. A Postfix of the machine is not touched.

Its configuration, queue, log and mailboxes are in the folder that the script gives it.
"""

import email
import email.policy
import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time

PACKAGES = ("postfix", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db")

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = {address}
inet_protocols = ipv4
myhostname = {host}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = reader.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {host}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{policy}, permit_sasl_authenticated, reject
"""

MASTER = """
{address}:{port} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

SASL = """pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: {folder}/passwords
"""


def install():
    """Installs the missing packages with apt-get, without starting a server."""
    missing = [name for name in PACKAGES
               if subprocess.call(["dpkg", "-s", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
    if missing:
        print("installing %s" % " ".join(missing), flush=True)
        answer = "postfix postfix/main_mailer_type select No configuration\n"
        subprocess.run(["debconf-set-selections"], input=answer.encode(), check=True)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


class Policy:
    """The service that Postfix asks before it accepts a recipient (http://www.postfix.org/SMTPD_POLICY_README.html)."""

    def __init__(self, answer):
        policy = self
        self.answer, self.asked, self.lock = answer, {}, threading.Lock()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                request = {}
                for line in self.rfile:
                    name, _, value = line.decode().strip().partition("=")
                    if name:
                        request[name] = value
                        continue
                    self.wfile.write(b"action=%s\n\n" % policy._decide(request["recipient"]).encode())
                    request = {}

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _decide(self, recipient):
        with self.lock:
            first = self.asked.setdefault(recipient, time.monotonic())
        return self.answer(recipient, time.monotonic() - first)


class Postfix:
    """The server. It can be started and stopped repeatedly, and returns the mails that it has delivered."""

    def __init__(self, folder, port, password, policy):
        self.folder, self.config, self.port = folder, os.path.join(folder, "config"), port
        # The host has a name other than localhost, for which the client requires TLS.
        self.host = socket.gethostname()
        self.address = socket.gethostbyname(self.host)
        if not self.address.startswith("127."):
            raise SystemExit("%s must be a loopback address in /etc/hosts; it is %s" % (self.host, self.address))
        # Debian's Postfix looks for SASL beside its own configuration.
        os.makedirs(os.path.join(self.config, "sasl"))
        values = dict(folder=folder, address=self.address, host=self.host, port=port, policy=policy.port)
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER), ("sasl/smtpd.conf", SASL)):
            with open(os.path.join(self.config, name), "w", encoding="utf-8") as file:
                file.write(text.format(**values))
        for name, owner in (("queue", "root"), ("state", "postfix"), ("mail", "nobody")):
            os.makedirs(os.path.join(folder, name))
            shutil.chown(os.path.join(folder, name), owner)
        self._certify()
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", os.path.join(folder, "passwords"), "-u", self.host, "tidings"],
                       input=password.encode(), check=True)
        shutil.chown(os.path.join(folder, "passwords"), "postfix")

    def _certify(self):
        """Makes an authority (`authority.pem`) and a certificate for the host by it."""
        path = lambda name: os.path.join(self.folder, name)
        openssl = lambda *words: subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Trial authority",
                "-keyout", path("authority.key"), "-out", path("authority.pem"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=%s" % self.host,
                "-keyout", path("server.key"), "-out", path("server.csr"))
        with open(path("names"), "w", encoding="utf-8") as names:
            names.write("subjectAltName=DNS:%s\n" % self.host)
        openssl("x509", "-req", "-in", path("server.csr"), "-CA", path("authority.pem"), "-CAkey", path("authority.key"),
                "-CAcreateserial", "-days", "2", "-extfile", path("names"), "-out", path("server.pem"))

    def _postfix(self, word):
        with open(os.path.join(self.folder, "commands"), "ab") as log:
            return subprocess.call(["postfix", "-c", self.config, word], stdout=log, stderr=log)

    def start(self):
        if self._postfix("start") != 0:
            with open(os.path.join(self.folder, "commands"), encoding="utf-8") as log:
                raise SystemExit("Postfix does not start: %s" % log.read()[-600:])

    def stop(self):
        self._postfix("stop")

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def count(self, words):
        return self.log().count(words)

    def wait_delivered(self, timeout=60):
        """Waits until the queue is empty. Returns whether it is."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            queue = subprocess.run(["postqueue", "-c", self.config, "-p"], capture_output=True, text=True)
            if "queue is empty" in queue.stdout:
                return True
            time.sleep(0.5)
        return False

    def mails(self):
        """Every delivered mail, with its recipient in front."""
        folder = os.path.join(self.folder, "mail", "all", "new")
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                mail = email.message_from_binary_file(file, policy=email.policy.default)
            yield mail["X-Original-To"], mail
