"""A server for the tests of examples/: on a free port of this machine and a data directory of its own; it may be killed
and started again. MEMBERPULSE_BINARY names the program."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 20
PASSWORD = "Correct-Horse-9"
# What a request ends with when its server is killed.
GONE = (OSError, http.client.HTTPException, ValueError)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, patience=PATIENCE):
    """Waits; answers with the first value of `condition` that is true."""
    end = time.monotonic() + patience
    while True:
        if found := condition():
            return found
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(0.05)


class Server:
    def __init__(self, folder):
        self.binary = os.environ["MEMBERPULSE_BINARY"]
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "MEMBERPULSE_DATA_DIR": str(folder / "data")}
        self.command("organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json")
        create = ("api-key", "create", "--organisation", "acme", "--environment", "production", "--name", "tests")
        self.key = json.loads(self.command(*create, "--json"))["key"]
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.process = None

    def command(self, *arguments, stdin=None):
        done = subprocess.run(
            [self.binary, *arguments], check=False, env=self.environment, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self):
        serve = [self.binary, "serve", "--listen", self.address, "--allow-private-webhooks", "--log-level", "error"]
        with open(self.folder / "server.log", "a") as log:
            self.process = subprocess.Popen(serve, env=self.environment, stdout=log, stderr=log)

    def ready(self):
        until(self.is_ready, "a server that is ready")

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "server.log").read_text()
        try:
            urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
            return True
        except GONE:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def call(self, method, path, body=None, headers=None):
        headers = headers or {"authorization": f"Bearer {self.key}"}
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers | {"content-type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            error.add_note(f"{method} {path}: {error.read().decode()}")
            raise

    def administrator(self):
        """The headers of a signed-in administrator, who makes keys."""
        make = (
            "user",
            "create",
            "--organisation",
            "acme",
            "--email",
            "admin@example.org",
            "--role",
            "ROLE_CLIENT_ADMIN",
        )
        self.command(*make, "--password-stdin", stdin=PASSWORD)
        body = json.dumps({"email": "admin@example.org", "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.url}/api/session", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            cookie = answer.headers["set-cookie"].split(";")[0]
        return {"cookie": cookie, "sec-fetch-site": "same-origin"}


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    made.start()
    try:
        made.ready()
        yield made
    finally:
        made.kill()


@pytest.fixture
def python():
    """Starts a program of examples/ with this Python."""

    def run(name, *arguments, environment, **options):
        command = [sys.executable, "-B", EXAMPLES / name, *map(str, arguments)]
        return subprocess.Popen(command, env=environment, **options)

    return run
