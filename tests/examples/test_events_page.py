"""The read-only consumer of events: what it shows, what it asks for, and what stays when there is no server."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

START, END = "2098-03-18T22:00:00Z", "2098-03-18T23:00:00Z"


@pytest.fixture
def watched(server):
    """A way to the server on which each request is noted with its answer's status."""
    seen = []

    class Between(BaseHTTPRequestHandler):
        def do_GET(self):
            onward = http.client.HTTPConnection(server.address, timeout=10)
            try:
                onward.request("GET", self.path, headers={**self.headers, "Host": server.address})
                answer = onward.getresponse()
            except OSError:
                return  # The connection ends without an answer.
            body = answer.read()
            seen.append((self.path.partition("?")[0], answer.status))
            self.send_response(answer.status)
            for name in ("ETag", "Content-Type"):
                if answer.headers[name]:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(body)
            onward.close()

        def log_message(self, *_):
            pass

    between = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    threading.Thread(target=between.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{between.server_port}", seen
    between.shutdown()
    between.server_close()


def test_only_what_changed_is_read_again(server, watched, python, tmp_path):
    url, seen = watched
    page = tmp_path / "events.html"

    def event(name, **changes):
        body = {"name": name, "status": "published", "eventStart": START, "eventEnd": END, "location": "Town Hall"}
        return server.call("POST", "/api/events", body | changes)["id"]

    def render(expected=0, url=url, key=server.key):
        seen.clear()
        environment = {"MEMBERPULSE_URL": url, "MEMBERPULSE_KEY": key, "LANG": "C.UTF-8"}
        process = python("events_page.py", page, tmp_path / "cache", environment=environment)
        assert process.wait(20) == expected
        return page.read_text(encoding="utf-8")

    assert "no upcoming events" in render()
    later = event(
        "Dinner", eventStart="2098-03-19T10:00:00Z", eventEnd="2098-03-19T12:00:00Z", timezone="Europe/Zurich"
    )
    first = event(
        "Talk <script>alert(1)</script>", timezone="Australia/Perth", city="Perth", shortDescription='"A" & B'
    )
    event("Draft", status="draft")
    event("For members", visibility="members_only")
    past = {"name": "History", "eventStart": "2001-01-01T00:00:00Z", "eventEnd": "2001-01-01T01:00:00Z"}
    server.call("POST", "/api/events/batch", {"allowPast": True, "mode": "create", "items": [past]})

    shown = render()
    assert seen == [("/api/events", 200), (f"/api/events/{first}", 200), (f"/api/events/{later}", 200)]
    assert shown.count("<article") == 2 and shown.index(first) < shown.index(later)
    # In the event's own time zone: there it is the next day already.
    assert "Wednesday 19 March 2098, 06:00 (Australia/Perth)" in shown and "2098-03-19T06:00:00+08:00" in shown
    assert "Wednesday 19 March 2098, 11:00 (Europe/Zurich)" in shown
    assert "Talk &lt;script&gt;" in shown and "<script" not in shown and "&quot;A&quot; &amp; B" in shown

    assert render() == shown
    assert seen == [("/api/events", 200), (f"/api/events/{first}", 304), (f"/api/events/{later}", 304)]

    server.call("PATCH", f"/api/events/{first}", {"location": "Library"})
    changed = render()
    assert "Library" in changed and changed.replace("Library", "Town Hall") == shown
    assert seen == [("/api/events", 200), (f"/api/events/{first}", 200), (f"/api/events/{later}", 304)]

    # A copy that is not whole is read again.
    (tmp_path / "cache" / f"{later}.json").write_text('{"etag": "')
    assert render() == changed and seen[2] == (f"/api/events/{later}", 200)

    server.call("POST", f"/api/events/{later}/cancel")
    assert later not in (left := render()) and not (tmp_path / "cache" / f"{later}.json").exists()

    # The key is refused, there is something else, there is nothing: the page stays.
    assert render(expected=1, key="mp_live_wrong") == left
    server.kill()
    assert render(expected=1) == left
    assert render(expected=1, url=server.url) == left
