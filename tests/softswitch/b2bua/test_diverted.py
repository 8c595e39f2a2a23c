"""Who has forwarded a call, as another switch tells it (FWD-10; RFC 5806, RFC 7044, RFC 4458)."""

import time

import pytest

from softswitch.b2bua import diversion
from softswitch.b2bua.diverted import MAX_ENTRIES, forwards, is_told
from softswitch.routing.decision import Hop
from softswitch.sip.headers import Headers


def told(*lines: str) -> list[tuple[str, str]]:
    """Number and situation of each forward."""
    headers = Headers([(name, value) for name, _, value in (one.partition(": ") for one in lines)])
    return [(one.numbers[0], one.situation) for one in forwards(headers, str)]


def test_most_calls_were_not_forwarded() -> None:
    assert not is_told(Headers())
    assert told() == []


@pytest.mark.parametrize("name", ["Diversion", "History-Info"])
def test_either_field_tells_of_forwards(name: str) -> None:
    assert is_told(Headers([(name, "")]))


def test_the_newest_diversion_is_on_top() -> None:  # FWD-4: it is for who had the call first
    lines = ["Diversion: <sip:103@a>;reason=no-answer, <sip:102@a>;reason=unavailable"]
    lines.append("Diversion: <sip:101@a>;reason=user-busy")
    assert told(*lines) == [("101", "busy"), ("102", "unavailable"), ("103", "no_answer")]


@pytest.mark.parametrize(
    ("reason", "situation"),
    [
        (";reason=user-busy", "busy"),
        (";reason=User-Busy", "busy"),
        (';reason="no-answer"', "no_answer"),
        (";reason=unavailable", "unavailable"),
        (";reason=out-of-service", "unavailable"),
        (";reason=do-not-disturb", "dnd"),
        (";reason=deflection", "rejected"),
        (";reason=unconditional", "always"),
        (";reason=time-of-day", "always"),
        (";reason=follow-me", "always"),
        (";reason=away", "always"),
        (";reason=unknown", "always"),
        (";reason=moon", "always"),
        (";reason", "always"),
        (";counter=1;privacy=off;screen=no", "always"),
        ("", "always"),
    ],
)
def test_each_reason_is_a_situation_of_ours(reason: str, situation: str) -> None:
    assert told(f"Diversion: <sip:101@a>{reason}") == [("101", situation)]


@pytest.mark.parametrize(
    ("cause", "situation"),
    [
        ("486", "busy"),
        ("408", "no_answer"),
        ("503", "unavailable"),
        ("302", "always"),
        ("480", "rejected"),
        ("487", "rejected"),
        ("404", "unavailable"),
        ("", "unavailable"),
        ("junk", "unavailable"),
    ],
)
def test_each_cause_is_a_situation_of_ours(cause: str, situation: str) -> None:
    lines = ["History-Info: <sip:101@a>;index=1", f"History-Info: <sip:*98@a;cause={cause}>"]
    assert told(*lines) == [("101", situation)]


def test_the_history_says_who_sent_the_call_on() -> None:
    assert told(
        "History-Info: <sip:101@a>;index=1, <sip:102@a>;index=1.1;rc=1",
        "History-Info: <sip:103@a;cause=408>;index=1.2;mp=1",
        "History-Info: <sip:104@a;cause=486>;index=1.2.1",
        "History-Info: <sip:*98@a;cause=302>;index=9.1",
    ) == [("101", "no_answer"), ("103", "busy"), ("104", "always")]


def test_a_history_without_causes_is_no_forward() -> None:
    assert told("History-Info: <sip:101@a>;index=1, <sip:*98@a>;index=1.1") == []
    assert told("History-Info: <sip:*98@a;cause=486>;index=1") == []


def test_what_we_say_ourselves_is_understood() -> None:
    hops = (Hop("101", "no_answer", "102", ""), Hop("102", "busy", "voicemail:102", ""))
    fields = diversion.fields(hops, "switch")
    assert [one.numbers[0] for one in forwards(Headers(fields), str)] == ["101", "102"] * 2
    assert [one.situation for one in forwards(Headers(fields), str)] == ["no_answer", "busy"] * 2


def test_numbers_are_told_as_they_stand_and_as_what_they_mean() -> None:
    headers = Headers([("Diversion", "<tel:0048-22-111>, <sip:+4822111@a;user=phone>")])
    found = [one.numbers for one in forwards(headers, lambda _: "+4822111")]
    assert found == [("+4822111",), ("004822111", "+4822111")]


BROKEN = [
    "Diversion: ",
    "Diversion: ,,,",
    "Diversion: junk",
    'Diversion: "Anna <sip:101@a>',
    "Diversion: <sip:101@a",
    "Diversion: <sip:101@a>;reason=busy;reason=busy",
    "Diversion: <sip:@a>;reason=user-busy",
    "Diversion: <mailto:anna@a.example>",
    "Diversion: <sip:\xe9\x00@a>",
    "Diversion: <sip:%00%0d%0a@a>",
    "Diversion: <sip:" + "1" * 500 + "@a>",
    "History-Info: <sip:101@a>;index=1, junk",
    "History-Info: <sip:101@a>;index=, <sip:*98@a;cause=486;cause=408>",
]


@pytest.mark.parametrize("line", BROKEN)
def test_what_cannot_be_read_says_nothing(line: str) -> None:
    assert told(line) == []


def test_what_cannot_be_read_hides_nothing_else() -> None:
    lines = ["Diversion: junk, <sip:101@a>;reason=user-busy", "History-Info: junk"]
    assert told(*lines) == [("101", "busy")]


def test_of_many_only_the_first_forwards_are_looked_at() -> None:  # FWD-12
    many = ", ".join(f"<sip:{number}@a>" for number in range(200))
    found = told(f"Diversion: {many}")
    assert [number for number, _ in found] == [str(199 - number) for number in range(MAX_ENTRIES)]
    history = ", ".join(f"<sip:{number}@a;cause=486>" for number in range(200))
    found = told(f"History-Info: {history}")
    assert [number for number, _ in found] == [str(number) for number in range(MAX_ENTRIES)]


@pytest.mark.parametrize("name", ["Diversion", "History-Info"])
@pytest.mark.parametrize(
    "value", ["<sip:1@a>," * 6000, '"' * 60000, "<" * 60000, "," * 60000, ";" * 60000, "\\" * 60000]
)
def test_a_field_without_end_costs_nothing_and_says_nothing(name: str, value: str) -> None:
    began = time.perf_counter()
    assert told(f"{name}: {value}") == []
    assert time.perf_counter() - began < 0.05


@pytest.mark.parametrize(
    "piece", ["<sip:1@a>,", '"\\', "<sip:", ";a=", 'a" <', "<sip:1@a;cause=4>,"]
)
def test_as_much_as_is_read_is_read_quickly(piece: str) -> None:
    value = (piece * 8192)[: diversion.MAX_OCTETS]
    began = time.perf_counter()
    told(f"Diversion: {value}", f"History-Info: {value}")
    assert time.perf_counter() - began < 0.1
