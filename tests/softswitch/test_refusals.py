"""ACKs that need no reading."""

import pytest

from softswitch.refusals import MOST, Refusals

ACK = (
    b"ACK sip:101@x SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK1\r\n"
    b"From: <sip:100@x>;tag=theirs\r\nTo: <sip:101@x>;tag=ours\r\n"
    b"Call-ID: c@p\r\nCSeq: 1 ACK\r\n\r\n"
)


def test_the_ack_of_a_refusal_is_known_by_the_tag_of_its_to() -> None:
    refusals = Refusals()
    assert refusals.acknowledged(ACK) is None
    refusals.note("ours")
    assert refusals.acknowledged(ACK) == "c@p"
    assert refusals.acknowledged(ACK) == "c@p"  # it may come twice


@pytest.mark.parametrize(
    "data",
    [
        ACK.replace(b"tag=ours", b"tag=other"),
        ACK.replace(b"tag=ours", b"tag=theirs"),
        ACK.replace(b";tag=ours", b""),
        ACK.replace(b"ACK sip", b"BYE sip"),
        ACK.replace(b"\r\nTo:", b"\r\nt:"),
        b"ACK ",
        b"",
    ],
)
def test_any_other_message_is_read(data: bytes) -> None:
    refusals = Refusals()
    refusals.note("ours")
    assert refusals.acknowledged(data) is None


def test_an_ack_that_is_cut_or_no_text_does_no_harm() -> None:
    refusals = Refusals()
    refusals.note("ours")
    for end in range(len(ACK)):
        refusals.acknowledged(ACK[:end])
    assert refusals.acknowledged(ACK.replace(b"c@p", b"\xff")) == "\udcff"
    assert refusals.acknowledged(ACK.replace(b"Call-ID", b"i")) == ""


def test_refusals_are_not_remembered_without_end() -> None:
    refusals = Refusals()
    refusals.note("ours")
    for number in range(MOST):
        refusals.note(f"{number:x}")
    assert refusals.acknowledged(ACK) is None
    assert len(refusals._tags) == MOST
