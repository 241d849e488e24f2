"""Calls the functions of the guides that verify deliveries of webhooks, with deliveries as the server sends them.

Each language has a program beside this file. It is given the names of folders, with the files `secret`, `id`,
`timestamp`, `signature` and `body`, and prints for each folder a line: `taken` or `refused`.
"""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "verify"
PATIENCE = 20

# The sample's file, the program's file, and the commands that make and run it.
LANGUAGES = {
    "python": ("sample.py", "main.py", [], ["python", "main.py"]),
    "js": ("sample.mjs", "main.mjs", [], ["node", "main.mjs"]),
    "php": ("sample.php", "main.php", [], ["php", "main.php"]),
    "ruby": ("sample.rb", "main.rb", [], ["ruby", "main.rb"]),
    "java": ("Webhooks.java", "Main.java", ["javac", "Webhooks.java", "Main.java"], ["java", "Main"]),
    "rust": (
        "src/sample.rs",
        "src/main.rs",
        ["cargo", "build", "--quiet", "--target-dir", "{target}"],
        ["{target}/debug/sample"],
    ),
}


def check(server, folder, samples):
    """All languages agree on what is to be taken."""
    deliveries = folder / "deliveries"
    expected = make_deliveries(server, deliveries)
    for sample in samples:
        if sample.language not in LANGUAGES:
            sample.fail(f"tests/guides/verify has no program for {sample.language}")
        file, program, build, run = LANGUAGES[sample.language]
        work = folder / sample.language
        (work / file).parent.mkdir(parents=True)
        (work / file).write_text(sample.text)
        shutil.copy(PROGRAMS / Path(program).name, work / program)
        if sample.language == "js":
            (work / "node_modules").symlink_to(ROOT / "tests/web/node_modules")
        if sample.language == "rust":
            # The versions are those of the workspace, so that nothing has to be looked for.
            shutil.copy(PROGRAMS / "Cargo.toml", work)
            shutil.copy(ROOT / "Cargo.lock", work)
        target = ROOT / "target/guides-samples"
        for command in filter(None, [build, [*run, *(str(deliveries / name) for name in expected)]]):
            command = [word.replace("{target}", str(target)) for word in command]
            # Compilers keep their own settings in the environment of whoever runs this.
            environment = None if sample.language == "rust" else server.environment
            done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                sample.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        told = dict(zip(expected, done.stdout.split()))
        if told != expected:
            sample.fail(f"told {told}, not {expected}\n{done.stderr}")


def make_deliveries(server, folder):
    """Folders with deliveries, and what is to become of each."""
    arrived = []
    enough = threading.Semaphore(0)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()
            enough.release()

        def log_message(self, *_):
            pass

    def call(path, body):
        request = urllib.request.Request(f"{server.environment['BASE']}{path}", json.dumps(body).encode())
        request.add_header("authorization", f"Bearer {server.environment['KEY']}")
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def next_delivery(email):
        # Not all letters are ASCII, and bytes are what is signed.
        call("/members", {"firstName": "Zoë", "lastName": "陽", "email": email})
        if not enough.acquire(timeout=PATIENCE):
            raise SystemExit("no delivery came")
        headers, body = arrived.pop()
        headers = {name.lower(): value for name, value in headers.items()}
        return {name: headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")} | {"body": body}

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hook = call("/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/", "events": ["member.*"]})
    first, secret = next_delivery("one@example.org"), hook["secret"]
    rotated = call(f"/webhooks/{hook['id']}/rotate-secret", {})["secret"]
    both = next_delivery("two@example.org")
    receiver.shutdown()
    if " " not in both["signature"]:
        raise SystemExit("after a rotation there are not two signatures")

    def signed(secret, delivery):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{delivery['id']}.{delivery['timestamp']}.".encode() + delivery["body"]
        signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        return delivery | {"signature": f"v1,{signature}"}

    earlier, later = (str(int(first["timestamp"]) + shift) for shift in (-600, 600))
    cases = {
        "first": (secret, first, "taken"),
        "both-old": (secret, both, "taken"),
        "both-new": (rotated, both, "taken"),
        "other-secret": (rotated, first, "refused"),
        "changed-body": (secret, first | {"body": first["body"] + b" "}, "refused"),
        "changed-id": (secret, first | {"id": "evt_other"}, "refused"),
        "other-version": (secret, first | {"signature": first["signature"].replace("v1,", "v2,")}, "refused"),
        "no-signature": (secret, first | {"signature": ""}, "refused"),
        "too-old": (secret, signed(secret, first | {"timestamp": earlier}), "refused"),
        "too-new": (secret, signed(secret, first | {"timestamp": later}), "refused"),
    }
    for name, (key, delivery, _) in cases.items():
        (folder / name).mkdir(parents=True)
        for file, content in ({"secret": key} | delivery).items():
            (folder / name / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return {name: outcome for name, (_, _, outcome) in cases.items()}
