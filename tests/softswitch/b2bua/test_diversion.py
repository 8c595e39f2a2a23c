"""Diversion and History-Info: what is told of our own forwards, and believed of others'."""

from softswitch.b2bua.diversion import MAX_COUNTED, count, fields
from softswitch.routing.decision import Hop
from softswitch.sip.headers import Headers

HOPS = (
    Hop("101", "no_answer", "102", ""),
    Hop("102", "busy", "103", ""),
    Hop("101", "return", "104", ""),
)


def test_a_call_that_was_not_forwarded_says_nothing() -> None:
    assert fields((), "switch") == []


def test_the_last_forward_is_on_top_and_the_history_goes_down() -> None:
    assert fields(HOPS, "switch") == [
        ("Diversion", "<sip:101@switch>;reason=unknown;counter=1"),
        ("Diversion", "<sip:102@switch>;reason=user-busy;counter=1"),
        ("Diversion", "<sip:101@switch>;reason=no-answer;counter=1"),
        ("History-Info", "<sip:101@switch>;index=1"),
        ("History-Info", "<sip:102@switch;cause=408>;index=1.1;mp=1"),
        ("History-Info", "<sip:103@switch;cause=486>;index=1.1.1;mp=1.1"),
        ("History-Info", "<sip:104@switch;cause=404>;index=1.1.1.1;mp=1.1.1"),
    ]


def test_our_own_fields_count_as_what_they_are() -> None:
    assert count(Headers(fields(HOPS, "switch"))) == 3
    assert count(Headers(fields(HOPS, "switch")[3:])) == 3
    assert count(Headers(fields(HOPS, "switch")[:3])) == 3
    assert count(Headers()) == 0


def test_a_flood_of_entries_is_counted_to_a_limit() -> None:
    assert count(Headers([("Diversion", "<sip:1@a>," * 500 + "<sip:2@b>")])) == MAX_COUNTED


def test_lists_without_end_are_not_taken_apart() -> None:  # FWD-12
    for name in ("Diversion", "History-Info"):
        flood = [(name, "<sip:1@a>")] * 2000
        assert count(Headers(flood)) == MAX_COUNTED


def test_a_carrier_hears_only_of_what_it_wants() -> None:  # FWD-10
    assert fields(HOPS[:1], "pbx", privacy=True, history=False) == [
        ("Diversion", "<sip:101@pbx>;reason=no-answer;counter=1;privacy=off;screen=no")
    ]
    names = {name for name, _ in fields(HOPS, "pbx", diversion=False)}
    assert names == {"History-Info"}


def test_a_reason_that_nobody_has_a_word_for_is_unknown() -> None:  # FWD-10
    dnd, strange = Hop("101", "dnd", "102", ""), Hop("102", "moon", "103", "")
    assert [value for _, value in fields((dnd, strange), "pbx", history=False)] == [
        "<sip:102@pbx>;reason=unknown;counter=1",
        "<sip:101@pbx>;reason=do-not-disturb;counter=1",
    ]
