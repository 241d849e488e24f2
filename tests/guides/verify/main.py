import sys
from pathlib import Path

from sample import verify
from standardwebhooks import WebhookVerificationError

for folder in map(Path, sys.argv[1:]):
    headers = {f"webhook-{name}": (folder / name).read_text() for name in ("id", "timestamp", "signature")}
    try:
        event = verify((folder / "secret").read_text(), headers, (folder / "body").read_bytes())
        print("taken" if event["type"] == "member.created" else "not-the-event")
    except WebhookVerificationError:
        print("refused")
