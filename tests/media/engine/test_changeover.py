import pytest

from softswitch.media import rtcp
from softswitch.media.engine.changeover import MOST_OLD, Changeover
from softswitch.media.rtp import build
from softswitch.media.srtp import SUITES, Receiver, Sender

SUITE = "AES_CM_128_HMAC_SHA1_80"
GCM = "AEAD_AES_128_GCM"
REPORT = rtcp.serialize(rtcp.Report(7, None, ()))


class Change:
    """A remote between two keys."""

    def __init__(self, suite: str = SUITE) -> None:
        old, new = (bytes([number]) * SUITES[suite].octets for number in (1, 2))
        self.old, self.new = Sender(suite, old), Sender(suite, new)
        self.ends: list[bool] = []
        self.both = Changeover(Receiver(suite, old), Receiver(suite, new), self._end)

    def _end(self) -> None:
        self.ends.append(True)

    def clear(self, packet: bytes | None) -> bytes | None:
        assert packet is not None
        buffer = bytearray(packet) + bytes(20)
        size = self.both.unprotect(buffer, len(packet))
        return None if size < 0 else bytes(buffer[:size])


def packet(sequence: int) -> bytes:
    return build(0, sequence, 160 * sequence, 7, b"sound")


@pytest.mark.parametrize("suite", [SUITE, GCM])
def test_packets_under_the_old_key_are_right_until_the_first_under_the_new(suite: str) -> None:
    it = Change(suite)
    for sequence in range(3):
        assert it.clear(it.old.protect(packet(sequence))) == packet(sequence)
    assert not it.ends
    assert it.clear(it.new.protect(packet(3))) == packet(3)
    assert it.ends == [True]


def test_the_old_key_is_good_for_so_many_packets() -> None:
    it = Change()
    for sequence in range(MOST_OLD):
        assert not it.ends
        assert it.clear(it.old.protect(packet(sequence)))
    assert it.ends == [True]


def test_what_is_under_neither_key_or_came_before_is_wrong() -> None:
    it = Change()
    assert it.clear(Sender(SUITE, bytes(30)).protect(packet(0))) is None
    once = it.old.protect(packet(1))
    assert it.clear(once)
    assert it.clear(once) is None
    assert it.clear(b"") is None
    assert not it.ends


def test_reports_under_either_key_are_read_and_end_nothing() -> None:
    it = Change()
    assert it.both.unprotect_rtcp(it.old.protect_rtcp(REPORT) or b"") == REPORT
    assert it.both.unprotect_rtcp(it.new.protect_rtcp(REPORT) or b"") == REPORT
    assert it.both.unprotect_rtcp(Sender(SUITE, bytes(30)).protect_rtcp(REPORT) or b"") is None
    assert not it.ends
