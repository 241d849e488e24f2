"""Renders the upcoming public events of an organisation to a page of HTML, as a plug-in of a website does.

    events_page.py PAGE.html CACHE_DIRECTORY

Run it every few minutes. It only reads: MEMBERPULSE_KEY needs no scope but events:read, MEMBERPULSE_URL says where. Each
event is asked for with the ETag of the copy in the cache: one that has not changed is answered 304, which has no body and
does not count against the limit. The page is replaced as a whole, and only when all of it could be read: while the API
cannot be reached, visitors see what was there before. Needs Python 3.11, nothing else.
"""

import html
import http.client
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

URL, KEY = os.environ["MEMBERPULSE_URL"], os.environ["MEMBERPULSE_KEY"]

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Upcoming events</title></head>
<body>
<h1>Upcoming events</h1>
{events}
</body>
</html>
"""
EVENT = """<article id="event-{id}">
<h2>{name}</h2>
<p><time datetime="{start}">{when}</time></p>
<p>{place}</p>
<p>{summary}</p>
</article>"""


def get(path, etag=None, **parameters):
    """The answer and its ETag; nothing where the copy that has this ETag is still right."""
    address = f"{URL}{path}?{urllib.parse.urlencode(parameters)}"
    headers = {"Authorization": f"Bearer {KEY}"} | ({"If-None-Match": etag} if etag else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=15) as answer:
            return json.load(answer), answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        if error.code == 304:
            return None, etag
        raise


def upcoming():
    """The ids of what the public may see and has not begun, the next one first."""
    wanted = {"status": "published", "visibility": "public", "order[eventStart]": "asc", "fields": "id"}
    wanted |= {"eventStart[after]": datetime.now(UTC).isoformat(), "itemsPerPage": 100, "count": "false"}
    cursor = {}
    while cursor is not None:
        page, _ = get("/api/events", **wanted, **cursor)
        yield from (event["id"] for event in page["data"])
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None


def read(id, cache):
    """An event, from the cache where it has not changed; nothing when it was deleted a moment ago."""
    kept = cache / f"{id}.json"
    try:
        copy = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        copy = {"etag": None}  # Not there, or not whole: as if it had never been read.
    try:
        event, etag = get(f"/api/events/{id}", copy["etag"])
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            return None
        raise
    if event is None:
        return copy["event"]
    replace(kept, json.dumps({"etag": etag, "event": event}))
    return event


def render(event):
    """Nothing that somebody typed is trusted to be no HTML."""
    start = datetime.fromisoformat(event["eventStart"]).astimezone(ZoneInfo(event["timezone"]))
    place = [event["location"], event["city"]] if event["eventType"] in ("live", "hybrid") else ["Online"]
    values = {
        "id": event["id"],
        "name": event["name"],
        "start": start.isoformat(),
        # Where the event is, and so also for those who are elsewhere, with the name of its time.
        "when": f"{start:%A} {start.day} {start:%B %Y, %H:%M} ({event['timezone'].replace('_', ' ')})",
        "place": ", ".join(filter(None, place)),
        "summary": event["shortDescription"] or "",
    }
    return EVENT.format(**{name: html.escape(value) for name, value in values.items()})


def replace(file, text):
    """Killed in between, the old file is still whole."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)


def main(page, cache):
    cache.mkdir(parents=True, exist_ok=True)
    try:
        events = [event for id in upcoming() if (event := read(id, cache))]
    except (OSError, http.client.HTTPException, ValueError) as error:
        told = f": {error.read().decode()}" if isinstance(error, urllib.error.HTTPError) else ""
        raise SystemExit(f"The page stays as it is, since events cannot be read: {error}{told}") from None
    body = "\n".join(map(render, events)) or "<p>There are no upcoming events.</p>"
    replace(page, PAGE.format(events=body))
    for file in cache.glob("*.json"):
        if file.stem not in {event["id"] for event in events}:
            file.unlink()


main(Path(sys.argv[1]), Path(sys.argv[2]))
