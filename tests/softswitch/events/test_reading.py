"""What a SUBSCRIBE asks for, and why it may be refused."""

import pytest

from softswitch.events.reading import Refusal, Wish, accepts, read
from softswitch.sip.message import Request
from tests.support.sip_peers import make_request, parse_request

KIND = "application/simple-message-summary"


def subscribe(*headers: tuple[str, str], contact: str = "<sip:100@192.0.2.1>") -> Request:
    contacts = [("Contact", contact)] if contact else []
    return parse_request(make_request("SUBSCRIBE", headers=[*contacts, *headers]))


def asked(*headers: tuple[str, str]) -> Wish | Refusal:
    return read(subscribe(("Event", "message-summary"), *headers), ["message-summary"])


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [(None, 3600), ("0", 0), ("60", 60), ("600", 600), ("3601", 3600), ("4294967295", 3600)],
)
def test_the_time_is_that_asked_for_within_limits(expires: str | None, seconds: int) -> None:
    headers = [] if expires is None else [("Expires", expires)]
    assert asked(*headers) == Wish("message-summary", "message-summary", seconds)


@pytest.mark.parametrize("expires", ["1", "59"])
def test_too_short_a_time_is_refused_with_the_shortest(expires: str) -> None:
    assert asked(("Expires", expires)) == Refusal(423, headers=(("Min-Expires", "60"),))


@pytest.mark.parametrize("expires", ["soon", "-1", "99999999999999999999"])
def test_a_time_that_is_no_number_is_refused(expires: str) -> None:
    refusal = asked(("Expires", expires))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize("event", ["dialog", "Message-Summary", "", "message-summary.winfo"])
def test_other_events_are_refused_with_those_that_there_are(event: str) -> None:
    wish = read(subscribe(("Event", event)), ["message-summary"])
    assert wish == Refusal(489, headers=(("Allow-Events", "message-summary"),))
    assert read(subscribe(), ["message-summary"]) == wish


def test_the_id_of_an_event_is_kept_and_other_parameters_are_not() -> None:
    wish = read(subscribe(("Event", "message-summary ;x=1;id=a7")), ["message-summary"])
    assert wish == Wish("message-summary", "message-summary;id=a7", 3600)


@pytest.mark.parametrize("event", ['message-summary;id="a b"', "message-summary;id=a;id=b"])
def test_an_id_that_cannot_be_sent_back_is_refused(event: str) -> None:
    refusal = read(subscribe(("Event", event)), ["message-summary"])
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize("contact", ["", "<mailto:anna@example.net>"])
def test_without_a_place_to_notify_there_is_no_subscription(contact: str) -> None:
    request = subscribe(("Event", "message-summary"), contact=contact)
    refusal = read(request, ["message-summary"])
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize(
    ("lines", "fine"),
    [
        ([], True),
        ([KIND], True),
        (["text/plain, Application/Simple-Message-Summary;q=0.5"], True),
        (["text/plain", "*/*"], True),
        (["application/*"], True),
        (["text/plain"], False),
        ([""], False),
    ],
)
def test_an_accept_must_name_what_will_be_sent(lines: list[str], fine: bool) -> None:
    assert accepts(lines, KIND) == fine
