"""What the status codes say to people."""

import re

from softswitch.sip.reasons import REASONS


def test_every_phrase_fits_into_a_status_line() -> None:
    """RFC 3261 §25.1: three digits, and text without a line break."""
    for status, phrase in REASONS.items():
        assert 100 <= status < 700
        assert re.fullmatch(r"[A-Z][A-Za-z/ -]+", phrase), status


def test_what_callers_see_most_is_called_as_everywhere() -> None:
    assert [REASONS[status] for status in (100, 180, 200, 404, 486, 487, 603)] == [
        "Trying",
        "Ringing",
        "OK",
        "Not Found",
        "Busy Here",
        "Request Terminated",
        "Decline",
    ]
