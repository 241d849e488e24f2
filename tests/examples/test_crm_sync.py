"""The two-way sync: members are made, changed and deleted on both sides at random while the server and the sync are
killed at random. When nobody changes anything any more, both sides become equal, field by field.

A few kills here; MEMBERPULSE_KILLS=50 for as many of each as one likes, MEMBERPULSE_SEED to see one run again.
"""

import json
import os
import random
import socket
import sqlite3
import time
import urllib.error
import urllib.parse
from datetime import UTC, date, datetime, timedelta

from conftest import EXAMPLES, GONE, free_port, until

KILLS = int(os.environ.get("MEMBERPULSE_KILLS", "8"))
SEED = int(os.environ.get("MEMBERPULSE_SEED", str(random.randrange(10**6))))
CITIES = ["Perth", "Hobart", "Zürich", "東京", "O'Connor", None]
GENDERS = {"M": "male", "F": "female", "X": "other", None: None}


class Sync:
    """The example as a process, and the CRM that it reads and writes."""

    def __init__(self, server, python, tmp_path):
        self.start_program, self.file, self.port = python, tmp_path / "crm.sqlite", free_port()
        self.log = tmp_path / "sync.log"
        admin = server.administrator()
        body = json.loads((EXAMPLES / "crm_integration.json").read_text())
        self.integration = server.call("POST", "/api/integrations", body, admin)["id"]
        key = {"name": "CRM", "integrationId": self.integration}
        key["scopes"] = ["integrations:write", "changes:read", "members:write"]
        hook = {"url": f"http://127.0.0.1:{self.port}/", "events": ["member.*"], "skipOwnChanges": True}
        hook["integrationId"] = self.integration
        hook = server.call("POST", "/api/webhooks", hook, admin)
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "MEMBERPULSE_URL": server.url,
            "MEMBERPULSE_KEY": server.call("POST", "/api/api-keys", key, admin)["key"],
            "MEMBERPULSE_INTEGRATION": self.integration,
            "MEMBERPULSE_WEBHOOK_SECRET": hook["secret"],
            "POLL_SECONDS": "0.3",
        }
        self.start()
        until(self.file.exists, "the CRM's file")
        self.crm = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        self.crm.row_factory = sqlite3.Row
        tables = "SELECT count(*) FROM sqlite_master WHERE name = 'sync_outbox'"
        until(lambda: self.crm.execute(tables).fetchone()[0], "the CRM's tables")

    def start(self, **changes):
        with open(self.log, "a") as log:
            environment = self.environment | changes
            self.process = self.start_program(
                "crm_sync.py", self.file, self.port, environment=environment, stdout=log, stderr=log
            )

    def kill(self):
        assert self.process.poll() is None, self.log.read_text()
        self.process.kill()
        self.process.wait()

    def write(self, sql, *values):
        return self.crm.execute(sql, values).rowcount

    def contacts(self):
        return {row["Id"]: dict(row) for row in self.crm.execute("SELECT * FROM contact WHERE NOT IsDeleted")}


class Chance:
    """People on both sides."""

    def __init__(self, server, sync, seed):
        self.server, self.sync, self.random, self.count, self.done = server, sync, random.Random(seed), 0, 0
        # The CRM's clock need not be right.
        self.skew = timedelta(seconds=self.random.choice([-5, 0, 5]))

    def now(self):
        return (datetime.now(UTC) + self.skew).isoformat()

    def token(self):
        self.count += 1
        return self.count

    def step(self):
        side = self.random.choice([self.in_crm, self.in_memberpulse])
        try:
            self.done += side(self.random.choices(["create", "change", "delete"], [3, 5, 2])[0])
        except urllib.error.HTTPError as error:
            # Deleted in the meantime, or the other side was faster: people live with that. Nothing else is taken.
            assert error.code in (404, 410, 503), error.__notes__
        except GONE:
            time.sleep(0.01)

    def in_crm(self, what):
        chance, sync, token = self.random, self.sync, self.token()
        if what == "create":
            return sync.write(
                "INSERT INTO contact (Id, FirstName, LastName, Email, Phone, MailingCity, Birthdate, Gender__c, "
                "Interests__c, LastModifiedDate) VALUES (?, 'Ana', ?, ?, ?, ?, ?, ?, ?, ?)",
                f"C-{token}", f"Lim {token}", f" Crm{token}@Example.org", f"0412 {token:06}"[:11], chance.choice(CITIES),
                "02/03/1990", chance.choice("MFX"), "Bridges;Tunnels", self.now(),
            )  # fmt: skip
        ids = list(sync.contacts())
        if not ids:
            return 0
        id = chance.choice(ids)
        if what == "delete":
            return sync.write("UPDATE contact SET IsDeleted = 1, LastModifiedDate = ? WHERE Id = ?", self.now(), id)
        city, interests = chance.choice(CITIES), chance.choice(["", "Rail", "Rail;Roads"])
        return sync.write(
            "UPDATE contact SET LastName = ?, MailingCity = ?, Interests__c = ?, LastModifiedDate = ? "
            "WHERE Id = ? AND NOT IsDeleted",
            f"Crm {token}", city, interests, self.now(), id,
        )  # fmt: skip

    def in_memberpulse(self, what):
        chance, call, token = self.random, self.server.call, self.token()
        if what == "create":
            body = {"firstName": "Ben", "lastName": f"Mp {token}", "email": f"mp{token}@example.org"}
            call("POST", "/api/members", body | {"dateOfBirth": "1980-12-31", "city": chance.choice(CITIES)})
            return 1
        members = call("GET", "/api/members?itemsPerPage=100&fields=id&count=false")["data"]
        if not members:
            return 0
        path = f"/api/members/{chance.choice(members)['id']}"
        if what == "delete":
            call("DELETE", path)
        else:
            changes = [{"firstName": f"Mp {token}"}, {"city": chance.choice(CITIES)}, {"interests": ["Dams"]}]
            changes += [{"gender": chance.choice(list(GENDERS.values()))}, {"email": f"new{token}@example.org"}]
            call("PATCH", path, {"lastName": f"Mp {token}"} | chance.choice(changes))
        return 1


def members(server):
    """All members, as the CRM is to have them. Written without the mapping, to hold it against."""
    found, cursor = {}, {}
    genders = {ours: theirs for theirs, ours in GENDERS.items()}
    while cursor is not None:
        query = urllib.parse.urlencode({"itemsPerPage": 100, **cursor})
        page = server.call("GET", f"/api/members?{query}")
        for it in page["data"]:
            born = it["dateOfBirth"] and date.fromisoformat(it["dateOfBirth"]).strftime("%d/%m/%Y")
            found[it["externalId"]] = {
                "MemberPulse_Id__c": it["id"],
                "FirstName": it["firstName"],
                "LastName": it["lastName"],
                "Email": it["email"],
                "Phone": it["mobile"],
                "MailingCity": it["city"],
                "Birthdate": born,
                "Gender__c": genders[it["gender"]],
                "Interests__c": ";".join(it["interests"]),
            }
        cursor = page["nextCursor"] and {"cursor": page["nextCursor"]}
    return found


def compared(sync):
    left_out = ("Id", "IsDeleted", "LastModifiedDate")
    return {
        id: {name: value for name, value in contact.items() if name not in left_out}
        for id, contact in sync.contacts().items()
    }


def become_equal(server, sync):
    try:
        until(lambda: compared(sync) == members(server), "that both sides are equal")
    except AssertionError:
        theirs, ours = compared(sync), members(server)
        differ = {id: (theirs.get(id), ours.get(id)) for id in theirs | ours if theirs.get(id) != ours.get(id)}
        raise AssertionError(f"seed {SEED}: {differ}\n{sync.log.read_text()[-2000:]}") from None


def place(server, at="0"):
    """Where the change feed ends."""
    while True:
        page = server.call("GET", f"/api/changes?limit=1000&cursor={at}")
        at = page["nextCursor"]
        if not page["hasMore"]:
            return at


def test_killed_at_random_both_sides_become_equal(server, python, tmp_path):
    sync = Sync(server, python, tmp_path)
    chance = Chance(server, sync, SEED)
    victims = [server, sync] * KILLS
    chance.random.shuffle(victims)
    try:
        for victim in victims:
            for pause in (chance.random.uniform(0.1, 0.6), chance.random.uniform(0, 0.2)):
                end = time.monotonic() + pause
                while time.monotonic() < end:
                    chance.step()
                if victim.process.poll() is None:
                    victim.kill()
            victim.start()
        server.ready()
        become_equal(server, sync)
        assert chance.done > 10 * KILLS and sync.contacts(), "nothing happened"
        # They have come to rest: what one side brought the other does not come back.
        rest, contacts = place(server), sync.contacts()
        time.sleep(1)
        assert place(server, rest) == rest and sync.contacts() == contacts
        failed = server.call("GET", f"/api/integrations/{sync.integration}/sync-log?type=record")["data"]
        assert failed == [], f"seed {SEED}"
        assert json.loads(server.command("check", "--json"))["ok"]
        print(
            f"seed {SEED}, skew {chance.skew.total_seconds()} s: {chance.done} changes, {len(contacts)} contacts, {rest} events"
        )
    finally:
        sync.kill()


def test_the_later_change_stands(server, python, tmp_path):
    sync = Sync(server, python, tmp_path)
    insert = "INSERT INTO contact (Id, FirstName, LastName, Email, LastModifiedDate) VALUES (?1, 'Ana', 'Lim', ?1 || '@example.org', ?2)"
    change = "UPDATE contact SET LastName = ?2, LastModifiedDate = ?3 WHERE Id = ?1"
    delete = "UPDATE contact SET IsDeleted = 1, LastModifiedDate = ?2 WHERE Id = ?1"

    def now(skew=timedelta()):
        return (datetime.now(UTC) + skew).isoformat()

    def members_path(id):
        return f"/api/members/{members(server)[id]['MemberPulse_Id__c']}"

    def change_there(id, name):
        server.call("PATCH", members_path(id), {"lastName": name})

    try:
        for id in "abcdef":
            sync.write(insert, id, now())
        until(lambda: len(members(server)) == 6, "that all are members")
        become_equal(server, sync)
        sync.kill()
        sync.write(change, "a", "Crm", now())
        change_there("a", "Member")
        change_there("b", "Member")
        sync.write(change, "b", "Crm", now())
        sync.write(delete, "c", now())
        change_there("c", "Member")
        server.call("DELETE", members_path("d"))
        sync.write(change, "d", "Crm", now())
        sync.write(change, "e", "Crm", now())
        server.call("DELETE", members_path("e"))
        change_there("f", "Member")
        sync.write(delete, "f", now())
        sync.start()
        last = {"a": "Member", "b": "Crm", "c": "Member", "d": "Crm"}
        until(
            lambda: {id: it["LastName"] for id, it in members(server).items()} == last, "that the later change stands"
        )
        become_equal(server, sync)
        # What one side alone changes is not undone by the echoes of its earlier changes, though they look later: the
        # CRM's clock is slow.
        for count in range(60):
            sync.write(change, "a", f"Crm {count}", now(timedelta(seconds=-5)))
            change_there("c", f"Member {count}")
            time.sleep(0.01)
            if count % 20 == 19:
                become_equal(server, sync)
                last |= {"a": f"Crm {count}", "c": f"Member {count}"}
                assert {id: it["LastName"] for id, it in sync.contacts().items()} == last
    finally:
        sync.kill()


def test_a_webhook_wakes_it_at_once_and_erases(server, python, tmp_path):
    sync = Sync(server, python, tmp_path)
    try:
        sync.kill()
        sync.start(POLL_SECONDS="3600")
        # It reads the feed once when it starts; what comes then, only a webhook tells.
        until(lambda: is_listening(sync), "a receiver of webhooks")
        time.sleep(0.5)
        member = {"firstName": "Jo", "lastName": "Lim", "email": "jo@example.org"}
        member = server.call("POST", "/api/members", member)["id"]
        until(sync.contacts, "a contact that a webhook brought", 5)
        become_equal(server, sync)
        # Of a person who was erased nothing is left but that there was somebody.
        server.call("POST", f"/api/members/{member}/erase")
        until(lambda: not sync.contacts(), "that the contact is gone", 5)
        (row,) = sync.crm.execute("SELECT FirstName, LastName, Email, IsDeleted FROM contact")
        assert tuple(row) == (None, None, None, 1)
        assert sync.process.poll() is None, sync.log.read_text()
        forged = urllib.request.Request(f"http://127.0.0.1:{sync.port}/", b"{}", {"webhook-id": "evt_1"})
        try:
            urllib.request.urlopen(forged).close()
            raise AssertionError("a delivery without a signature was taken")
        except urllib.error.HTTPError as error:
            assert error.code == 400
    finally:
        sync.kill()


def is_listening(sync):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", sync.port)) == 0
