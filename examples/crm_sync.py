"""Keeps the contacts of a CRM and the members of MemberPulse equal, both ways; the later change wins. See README.md.

    crm_sync.py CRM.sqlite PORT

An SQLite file stands in for the CRM: a table `contact` with a recycle bin (IsDeleted) and the moment of the last change
(LastModifiedDate). Webhooks come in at PORT. It may be killed at any moment, and so may the server: all it knows is in
that file, each step is one transaction there, and a step that was cut off is done again. Comments say why that is safe.
"""

import http.client
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.error
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError

NAMES = ("MEMBERPULSE_URL", "MEMBERPULSE_KEY", "MEMBERPULSE_INTEGRATION", "MEMBERPULSE_WEBHOOK_SECRET")
URL, KEY, INTEGRATION, SECRET = (os.environ[name] for name in NAMES)
MOST = 500  # records in one request or page
FIELDS = ["FirstName", "LastName", "Email", "Phone", "MailingCity", "Birthdate", "Gender__c", "Interests__c"]
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS contact (Id TEXT PRIMARY KEY, {", ".join(FIELDS)}, MemberPulse_Id__c TEXT,
  IsDeleted INTEGER NOT NULL DEFAULT 0, LastModifiedDate TEXT NOT NULL);
-- What both sides agree on. A contact whose LastModifiedDate is not Seen has been changed in the CRM since. At is the
-- latest moment known of it in MemberPulse. Linked is 0 until a member that was made there has the contact's Id.
CREATE TABLE IF NOT EXISTS sync_agreed (Id TEXT PRIMARY KEY, Seen TEXT, At TEXT, Linked INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS sync_cursor (only INTEGER PRIMARY KEY CHECK (only = 1), place TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sync_outbox (only INTEGER PRIMARY KEY CHECK (only = 1), key TEXT, body TEXT, contacts TEXT);
INSERT OR IGNORE INTO sync_cursor VALUES (1, '0');
"""
CONTACTS = "SELECT contact.*, Seen, At FROM contact LEFT JOIN sync_agreed USING (Id) WHERE"

crm, bell = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None), threading.Event()
crm.row_factory = sqlite3.Row


def call(method, path, body=None, key=None):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    with urlopen(Request(URL + path, body and body.encode(), headers, method=method), timeout=30) as answer:
        return json.load(answer)


def stamp(moment, later=0):
    """A moment in the form whose order as text is that of time; `later` by so many microseconds."""
    moment = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(microseconds=later)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(contact):
    """When the CRM changed it. What was changed knowing the other side's state is later, whatever the clocks say."""
    moment = stamp(contact["LastModifiedDate"])
    return max(moment, stamp(contact["At"], later=1)) if contact["At"] else moment


def agree(id, seen, at="", linked=1):
    crm.execute(
        "INSERT INTO sync_agreed VALUES (?, ?, ?, ?) ON CONFLICT (Id) DO UPDATE SET Seen = excluded.Seen, "
        "At = max(At, excluded.At), Linked = max(Linked, excluded.Linked)",
        (id, seen, at, linked),
    )


def pull():
    """Reads the feed to its end. A page and the place after it are stored in one transaction: killed before, the page
    is read again and finds what it found; killed after, it is not read again. No event is left out or taken twice."""
    while True:
        place = crm.execute("SELECT place FROM sync_cursor").fetchone()["place"]
        page = call("GET", f"/api/integrations/{INTEGRATION}/changes?types[]=member.*&limit={MOST}&cursor={place}")
        with crm:
            crm.execute("BEGIN IMMEDIATE")  # Nobody changes a contact between our reading and our writing it.
            for event in page["data"]:
                take(event)
            crm.execute("UPDATE sync_cursor SET place = ?", (page["nextCursor"],))
        if not page["hasMore"]:
            return


def take(event):
    """Events come in the order in which things happened: where the CRM has no change of its own the last one stands."""
    record, at = event["data"], stamp(event["timestamp"])
    id, member = record.get("Id"), record["MemberPulse_Id__c"]
    own = event["origin"]["integrationId"] == INTEGRATION
    erased = "erased" in record  # nothing else is shown of a person who was erased
    gone = erased or event["type"] == "member.deleted"
    found = crm.execute(f"{CONTACTS} (MemberPulse_Id__c = ? OR Id = ?)", (member, id)).fetchone()
    if found is None and gone:
        return
    if found is None:
        # The CRM gives its own id. Until the member has it too, the contact is found by the member's id.
        found = {"Id": id or f"003{uuid.uuid4().hex[:15]}", "LastModifiedDate": at, "Seen": at}
        crm.execute("INSERT INTO contact (Id, LastModifiedDate) VALUES (?, ?)", (found["Id"], at))
        agree(found["Id"], at, at, linked=0)
    linked = int(gone or id is not None)
    changed_here = found["LastModifiedDate"] != found["Seen"]
    if changed_here and not erased and (own or moment_of(found) > at):
        # The CRM's own change is later, and the next push brings it with a moment after all that is known from there.
        return agree(found["Id"], found["Seen"], at, linked)
    # An echo of our own push is taken for what MemberPulse made of it (a phone number in its international form), but
    # it is no change of the contact: LastModifiedDate stays, nothing is pushed back, and the echo ends here.
    modified = found["LastModifiedDate"] if own else at
    values = [None if erased else record[name] for name in FIELDS]
    crm.execute(
        f"UPDATE contact SET {' = ?, '.join(FIELDS)} = ?, MemberPulse_Id__c = ?, IsDeleted = ?, LastModifiedDate = ? "
        "WHERE Id = ?",
        (*values, member, int(gone), modified, found["Id"]),
    )
    agree(found["Id"], modified, at, linked)


def link():
    """Members that were made in MemberPulse get the id of their contact. Done twice, the second finds it `unchanged`;
    of a member that is deleted by now it fails, and the feed is about to say so."""
    rows = crm.execute(f"{CONTACTS} Linked = 0 LIMIT {MOST}").fetchall()
    items = [{"id": row["MemberPulse_Id__c"], "externalId": row["Id"]} for row in rows]
    if items:
        body = json.dumps({"mode": "update", "matchBy": "id", "items": items})
        results = call("POST", "/api/members/batch", body)["results"]
        done = [(row["Id"],) for row, result in zip(rows, results) if result["status"] != "failed"]
        crm.executemany("UPDATE sync_agreed SET Linked = 1 WHERE Id = ?", done)


def push():
    """What was changed in the CRM becomes a request that is stored, with its idempotency key, before it is sent."""
    changed = "LastModifiedDate IS NOT Seen AND Linked IS NOT 0 ORDER BY IsDeleted"
    rows = crm.execute(f"{CONTACTS} {changed} LIMIT {MOST}").fetchall()
    body, contacts = {"resource": "members", "records": [], "deleted": []}, []
    for row in rows:
        moment = moment_of(row)
        contacts.append((row["Id"], row["LastModifiedDate"], moment))
        if row["IsDeleted"]:
            body["deleted"].append({"id": row["Id"], "deletedAt": moment})
        else:
            body["records"].append({name: row[name] for name in ["Id", *FIELDS]} | {"LastModifiedDate": moment})
    if rows:
        stored = (f"crm-{uuid.uuid4()}", json.dumps(body), json.dumps(contacts))
        crm.execute("INSERT INTO sync_outbox VALUES (1, ?, ?, ?)", stored)
        send()


def send():
    """Sends what is in the outbox until it is answered: by its key it is done once, and answered as it was then."""
    stored = crm.execute("SELECT key, body, contacts FROM sync_outbox").fetchone()
    if stored is None:
        return
    report = call("POST", f"/api/integrations/{INTEGRATION}/sync", stored["body"], stored["key"])
    with crm:
        crm.execute("BEGIN IMMEDIATE")
        for (id, seen, moment), result in zip(json.loads(stored["contacts"]), report["results"]):
            if result["status"] == "failed":
                # Not sent again until it changes. MemberPulse tries again by itself where waiting can help.
                print(f"{id}: {result['reason']} {result['action']}", file=sys.stderr, flush=True)
                agree(id, seen)
            elif result["status"] != "skipped":
                # Skipped are members that are newer: the feed brings what made them so. A contact that was changed
                # while this was under way has another LastModifiedDate by now, and goes with the next push.
                agree(id, seen, moment)
                name_it = "UPDATE contact SET MemberPulse_Id__c = ifnull(?, MemberPulse_Id__c) WHERE Id = ?"
                crm.execute(name_it, (result["id"], id))
        crm.execute("DELETE FROM sync_outbox")


class Bell(BaseHTTPRequestHandler):
    """A webhook says that there is something in the feed, no more: lost, late or twice, it makes no difference."""

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 2_000_000))
        try:
            Webhook(SECRET).verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.send_error(400)
        self.send_response(204)
        self.end_headers()
        bell.set()


crm.executescript(SCHEMA)
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Bell)
threading.Thread(target=server.serve_forever, daemon=True).start()
while True:
    bell.clear()
    try:
        # First what was cut off, then what is new there: so a push knows of all that came before it.
        for step in (send, pull, link, push):
            step()
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code not in (408, 409, 429):
            raise SystemExit(f"MemberPulse refuses: {error.read().decode()}") from None
        time.sleep(float(error.headers.get("Retry-After") or 0))
    except (OSError, http.client.HTTPException, ValueError) as error:
        print(f"MemberPulse cannot be reached; trying again: {error}", file=sys.stderr, flush=True)
    bell.wait(float(os.environ.get("POLL_SECONDS", "5")))
