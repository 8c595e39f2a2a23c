"""What a lamp is told, as XML that phones read."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.b2bua.parties import CONFIRMED, EARLY, INITIATOR, RECIPIENT, Party
from softswitch.events.dialog_info import BUDGET, MOST_DIALOGS, document, escaped, host_of

ENTITY = "sip:101@pbx.example.com"
SPACE = "{urn:ietf:params:xml:ns:dialog-info}"
RINGS = Party("c1-recipient", EARLY, RECIPIENT, "word7", "phone", "ours", "102", "Anna Kowalska")


def read(data: bytes) -> list[ElementTree.Element]:
    """The dialogs of a document."""
    return ElementTree.fromstring(data).findall(f"{SPACE}dialog")


def text(dialog: ElementTree.Element, path: str) -> str:
    found = dialog.find("/".join(SPACE + part for part in path.split("/")))
    assert found is not None
    return found.text or ""


def test_blf_1_pu_5_who_rings_can_be_shown_and_taken() -> None:
    assert document([RINGS], "101", ENTITY, 7).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="full"'
        ' entity="sip:101@pbx.example.com">\n'
        '<dialog id="c1-recipient" call-id="word7" local-tag="phone" remote-tag="ours"'
        ' direction="recipient"><state>early</state>'
        "<local><identity>sip:101@pbx.example.com</identity>"
        '<target uri="sip:101@pbx.example.com"/></local>'
        '<remote><identity display="Anna Kowalska">sip:102@pbx.example.com</identity>'
        '<target uri="sip:102@pbx.example.com"/></remote></dialog>\n'
        "</dialog-info>\n"
    )


def test_who_does_nothing_has_a_dialog_that_is_over() -> None:
    [dialog] = read(document([], "101", ENTITY, 0))
    assert (dialog.attrib, text(dialog, "state")) == ({"id": "101"}, "terminated")


def test_a_key_that_is_on_is_a_dialog_of_nobody() -> None:
    [dialog] = read(document([Party("101/dnd", CONFIRMED)], "101/dnd", "sip:*78@pbx", 1))
    assert (dialog.attrib, text(dialog, "state")) == ({"id": "101/dnd"}, "confirmed")
    assert dialog.find(f"{SPACE}remote") is None


def test_whoever_withholds_the_number_has_none() -> None:
    [dialog] = read(document([RINGS._replace(number="", name="")], "101", ENTITY, 0))
    identity = dialog.find(f"{SPACE}remote/{SPACE}identity")
    assert identity is not None
    assert identity.attrib == {"display": "Anonymous"}
    assert identity.text == "sip:anonymous@anonymous.invalid"


def test_a_dialog_without_a_tag_yet_says_none() -> None:
    [dialog] = read(document([RINGS._replace(local_tag="")], "101", ENTITY, 0))
    assert "local-tag" not in dialog.attrib


@pytest.mark.parametrize(
    "name",
    ['"><state>x</state>', "Tom & <Jerry>", "O'Neill", "]]>", "a\x00b\x1b", "zła\udcff", "\r\n"],
)
def test_blf_6_hostile_names_stay_names(name: str) -> None:
    party = RINGS._replace(name=name, number=name, call_id=name, local_tag=name)
    [dialog] = read(document([party], "101", ENTITY, 0))
    assert text(dialog, "state") == "early"
    assert list(dialog.attrib) == ["id", "call-id", "local-tag", "remote-tag", "direction"]


@settings(max_examples=50)
@given(st.text())
def test_whatever_is_escaped_can_be_read_again(words: str) -> None:
    read_again = ElementTree.fromstring(f'<a b="{escaped(words)}">{escaped(words)}</a>')
    same = all(letter.isprintable() for letter in words)
    assert not same or (read_again.text or "", read_again.attrib["b"]) == (words, words)


def test_blf_4_what_does_not_fit_into_a_datagram_is_said_in_short() -> None:
    many = [RINGS._replace(id=f"{number:016x}-recipient") for number in range(20)]
    data = document(many, "101", ENTITY, 4_000_000_000)
    dialogs = read(data)
    assert len(dialogs) == MOST_DIALOGS
    assert all(text(dialog, "state") == "early" for dialog in dialogs)
    assert dialogs[0].find(f"{SPACE}remote") is not None  # what can be taken comes first
    assert dialogs[-1].attrib == {"id": many[2].id}
    assert len(data) < 200 + BUDGET


def test_blf_4_of_two_dialogs_both_can_be_told_apart() -> None:
    talks = RINGS._replace(id="c2", state=CONFIRMED)
    rings, other = read(document([RINGS, talks], "101", ENTITY, 1))
    assert rings.find(f"{SPACE}remote") is not None
    assert other.attrib["call-id"] == "word7"
    assert other.find(f"{SPACE}remote") is None


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"name": "x" * 60_000}, ["id", "call-id", "local-tag", "remote-tag", "direction"]),
        ({"call_id": "x" * 60_000}, ["id"]),
        ({"local_tag": "<" * 1_000}, ["id"]),
    ],
)
def test_hostile_what_is_too_long_is_left_out(change: dict[str, str], left: list[str]) -> None:
    data = document([RINGS._replace(**change)], "101", ENTITY, 0)
    [dialog] = read(data)
    assert list(dialog.attrib) == left
    assert text(dialog, "state") == "early"
    assert len(data) < 200 + BUDGET


def test_a_uri_that_is_too_long_is_not_said_again() -> None:
    data = document([], "101", f"sip:101@pbx;x={'y' * 60_000}", 0)
    assert ElementTree.fromstring(data).attrib["entity"] == "sip:101@pbx"


@pytest.mark.parametrize(
    ("entity", "host"),
    [
        ("sip:101@pbx", "pbx"),
        ("sip:101@pbx:5070;transport=tcp", "pbx:5070"),
        ("sips:*78@[2001:db8::1]:5060?x=y", "[2001:db8::1]:5060"),
    ],
)
def test_numbers_are_at_the_host_that_was_asked(entity: str, host: str) -> None:
    assert host_of(entity) == host


def test_a_code_that_somebody_dials_is_a_uri() -> None:
    party = Party("c", EARLY, INITIATOR, number='#21#"', name="")
    [dialog] = read(document([party], "101", ENTITY, 0))
    assert text(dialog, "remote/identity") == "sip:%2321%23%22@pbx.example.com"
