"""What counts as printed as shown: a comparison that takes everything would hide every mistake of the guides."""

import pytest

from run import Sample, compare, difference, documents, matches_text


class Token:
    def __init__(self, info, content):
        self.info, self.content, self.map = info, content, [0, 1]


def sample(language, text):
    made = Sample("page", Token("sh", "curl …"))
    made.shown = Sample("page", Token(language, text))
    return made


def test_dots_stand_for_any_text():
    assert matches_text("mp_test_…", "mp_test_abc") and matches_text("…", "")
    assert not matches_text("mp_test_…", "mp_live_abc")
    assert not matches_text("a.c", "abc")


@pytest.mark.parametrize(
    "shown, printed",
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": [{"b": "x…"}]}, {"a": [{"b": "xyz"}, 7]}),
        ([], []),
        (None, None),
    ],
)
def test_what_is_shown_is_there(shown, printed):
    assert difference(shown, printed) is None


@pytest.mark.parametrize(
    "shown, printed",
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": "1"}, {"a": 1}),
        ({"a": None}, {"a": "…"}),
        ({"a": "…"}, {"a": None}),
        ([1, 2], [1]),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}),
    ],
)
def test_what_is_shown_and_is_not_so(shown, printed):
    assert difference(shown, printed) is not None


def test_documents_are_found_in_a_text():
    assert documents('HTTP/1.1 200 OK\n\n{"a": [1]}{"b": 2}\n[not json] [3]') == [{"a": [1]}, {"b": 2}, [3]]


def test_what_was_printed_last_is_compared():
    compare(sample("json", '{"b": 2}'), '{"a": 1}{"b": 2}', "")
    compare(sample("json", '{"a": 1}\n{"b": 2}'), '{"a": 1}{"b": 2}', "")
    for wrong in ["{}", '{"a": 1}', '{"b": 2} and more', '{"z": 0} {"a": 1} {"b": 2}']:
        with pytest.raises(SystemExit):
            compare(sample("json", wrong), '{"a": 1}{"b": 2}', "")


def test_heads_and_lines_are_compared():
    answer = 'HTTP/1.1 200 OK\netag: "1"\n\n{"a": 1}'
    compare(sample("http", 'HTTP/1.1 200 OK\nETag: "…"\n\n{"a": 1}'), answer, "")
    for wrong in ["HTTP/1.1 201 Created", 'HTTP/1.1 200 OK\nETag: "2"', 'HTTP/1.1 200 OK\n\n{"a": 2}']:
        with pytest.raises(SystemExit):
            compare(sample("http", wrong), answer, "")
    compare(sample("text", "one\nthr…"), "one\ntwo\nthree", "")
    with pytest.raises(SystemExit):
        compare(sample("text", "four"), "one\ntwo\nthree", "")


def test_a_refusal_has_to_be_shown():
    refused = '{"status": 404}'
    compare(sample("json", refused), refused, "\nstatus 404\n")
    with pytest.raises(SystemExit):
        compare(sample("json", '{"a": 1}'), '{"a": 1}', "\nstatus 404\n")
    alone = sample("json", "")
    alone.shown = None
    compare(alone, "", "\nstatus 200\n")
    with pytest.raises(SystemExit):
        compare(alone, "", "\nstatus 503\n")
