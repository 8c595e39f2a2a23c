"""What owners see of their mailboxes, and do to them (VM-21)."""

from pathlib import Path

import pytest

from softswitch.mailbox.messages import DELETED, NEW, OLD, Message
from softswitch.voices import local_time
from softswitch.web.owner import DELETE, RESTORE, Office
from tests.softswitch.web.office import NOON, Web


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


@pytest.fixture
def office(web: Web) -> Office:
    return Office(web.settings.users, web.boxes, local_time("UTC"))


def test_messages_are_shown_with_caller_time_and_length(web: Web, office: Office) -> None:
    web.leave()
    web.now += 60
    web.leave(forwarded_by="102", introduction=True)
    later, first = office.messages("101")
    assert (first.name, first.number, first.length) == ("Bob", "100", "0:07")
    assert first.when == "Mon 3 August 2026 at 10:12:00"
    assert first.is_new
    assert (later.forwarded_by, later.has_introduction) == ("102", True)
    assert office.new("101") == 2


def test_a_caller_without_number_or_name(web: Web, office: Office) -> None:
    draft = Message("", "101", "", "", "101", "busy", NOON, NOON, 65.0)
    web.boxes.keep(web.boxes.begin(draft))
    web.boxes.keep(web.boxes.begin(draft._replace(caller="102\r\n<b>")))
    named, nobody = office.messages("101")
    assert (nobody.name, nobody.number, nobody.length) == ("", "", "1:05")
    assert (named.name, named.number) == ("102 <b>", "")


def test_lamps_follow_at_once(web: Web, office: Office) -> None:
    message = web.leave()
    for action, lamp in (
        (OLD, (0, 1)), (NEW, (1, 0)), (DELETE, (0, 0)), (RESTORE, (0, 1)), (DELETE, (0, 0)),
    ):  # fmt: skip
        found = office.find("101", message.id)
        assert found is not None
        assert office.do(found, action)
        assert web.told[-1] == ("101", *lamp)
    assert [one.id for one in office.deleted("101")] == [message.id]
    assert office.messages("101") == []


def test_what_was_deleted_by_phone_can_only_be_brought_back(web: Web, office: Office) -> None:
    message = web.leave()
    web.boxes.delete(message.id)
    found = office.find("101", message.id)
    assert found is not None
    assert found.state == DELETED
    assert not office.do(found, NEW)
    assert office.do(found, RESTORE)
    again = office.find("101", message.id)
    assert again is not None
    assert not office.do(again, RESTORE)


def test_nobody_finds_the_messages_of_somebody_else(web: Web, office: Office) -> None:
    message = web.leave()
    recording = web.boxes.begin(message._replace(id=""))
    assert office.find("101", message.id) is not None
    assert office.find("102", message.id) is None
    assert office.find("100", message.id) is None  # S0-21: he has no mailbox
    assert office.find("101", recording.id) is None  # it is being recorded
    assert office.find("101", "0" * 16) is None


def test_s0_19_s0_21_names_of_files_and_who_has_a_mailbox(web: Web, office: Office) -> None:
    message = web.leave()
    assert office.file_name(message, "mp3") == f"{int(NOON) - 9}_100.mp3"
    assert office.path(message).endswith(f"/101/{message.id}.wav")
    assert office.path(message, introduction=True).endswith(f"/101/{message.id}.intro.wav")
    assert office.about(message) == "Bob"
    assert office.about(message._replace(caller_name="")) == "100"
    assert office.bitrate("101") == 16
    assert (office.name("101"), office.language("102")) == ("Anna", "pl")
    assert office.has_mailbox("101")
    assert not office.has_mailbox("100")
