"""What the lamp of a phone is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.events.message_summary import MessageSummary, format_summary
from tests.support.registering import PHONE

COUNTS = {"100": (2, 5), "101": (0, 1), "600": (1, 3)}


def package(
    *,
    codes: tuple[str, ...] = ("*98", "*97"),
    host: str = "pbx.example.com",
    address: tuple[str, int] = ("192.0.2.10", 5060),
) -> MessageSummary:
    boxes = {"100": ("100",), "101": ("101", "600"), "102": ("600",), "103": ()}
    return MessageSummary(
        boxes, COUNTS.__getitem__, codes=codes, host=host, address=lambda flow: address
    )


def test_mwi_4_the_body_is_as_phones_expect_it() -> None:
    assert package().body("100", PHONE) == (
        b"Messages-Waiting: yes\r\n"
        b"Message-Account: sip:*98@pbx.example.com\r\n"
        b"Voice-Message: 2/5 (0/0)\r\n"
    )


@settings(max_examples=50)
@given(st.integers(0, 9999), st.integers(0, 9999))
def test_mwi_4_messages_wait_exactly_if_there_are_new_ones(new: int, old: int) -> None:
    status, account, count, end = format_summary("sip:*98@x", new, old).decode().split("\r\n")
    assert status == ("Messages-Waiting: yes" if new > 0 else "Messages-Waiting: no")
    assert count == f"Voice-Message: {new}/{old} (0/0)"
    assert (account, end) == ("Message-Account: sip:*98@x", "")


def test_mwi_5_a_lamp_shows_the_sum_of_its_mailboxes() -> None:
    assert b"Voice-Message: 1/4 (0/0)" in package().body("101", PHONE)
    assert list(package().users("600")) == ["101", "102"]


def test_a_lamp_of_no_mailbox_stays_dark() -> None:
    assert package().body("103", PHONE).startswith(b"Messages-Waiting: no\r\n")
    assert package().users("nobody's") == ()


@pytest.mark.parametrize("number", ["100", "*98", "*97"])
def test_mwi_1_users_watch_themselves_by_their_number_and_by_the_codes(number: str) -> None:
    assert package().resource(number, "100") == "100"


@pytest.mark.parametrize("number", ["101", "104", "", "*99", "*98101"])
def test_mailboxes_of_others_are_forbidden_and_whether_they_exist_is_not_told(number: str) -> None:
    assert package().resource(number, "100") == 403


@pytest.mark.parametrize("number", ["104", "*98"])
def test_whoever_has_no_mailbox_has_no_lamp(number: str) -> None:
    assert package().resource(number, "104") == 404


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (("192.0.2.10", 5060), "192.0.2.10"),
        (("192.0.2.10", 5070), "192.0.2.10:5070"),
        (("2001:db8::10", 5060), "[2001:db8::10]"),
    ],
)
def test_without_a_name_we_are_called_by_the_address_that_the_phone_sees(
    address: tuple[str, int], host: str
) -> None:
    assert package(host="", address=address).account("100", PHONE) == f"sip:*98@{host}"


def test_without_a_code_the_number_of_the_user_is_called() -> None:
    assert package(codes=()).account("100", PHONE) == "sip:100@pbx.example.com"
