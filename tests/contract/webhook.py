"""Verifies a delivery with the public library of Standard Webhooks, unmodified, as it comes from the server.

webhook.py ADDRESS KEY: makes a webhook to a receiver of its own, changes something, and checks what arrives.
"""

import json
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

address, key = sys.argv[1], sys.argv[2]
arrived = threading.Event()
received = {}


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        received["body"] = self.rfile.read(int(self.headers["content-length"]))
        received["headers"] = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(204)
        self.end_headers()
        arrived.set()

    def log_message(self, *_):
        pass


def call(method, path, body=None):
    request = urllib.request.Request(f"{address}{path}", method=method)
    request.add_header("authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
hook = call("POST", "/api/webhooks", {"url": f"http://127.0.0.1:{server.server_port}/", "events": ["member.*"]})
member = {"firstName": "Jo", "lastName": "Lim", "email": "webhook@example.org"}
made = call("POST", "/api/members", member)
assert arrived.wait(20), "no delivery came"
event = Webhook(hook["secret"]).verify(received["body"], received["headers"])
assert event["type"] == "member.created" and event["data"] == made, event
try:
    Webhook(hook["secret"]).verify(received["body"] + b" ", received["headers"])
    raise SystemExit("a changed body was taken")
except WebhookVerificationError:
    pass
call("DELETE", f"/api/webhooks/{hook['id']}")
call("DELETE", f"/api/members/{made['id']}")
print("a delivery was verified by the public library")
