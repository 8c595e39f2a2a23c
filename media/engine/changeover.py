"""From one key of a remote to the next: for a while packets under either are right.

Whoever describes a new key goes on under the one before until our answer has come (RFC 4568
§7.1.4). The first packet under the new key ends that, and so do many packets under the old one.
"""

from collections.abc import Callable

from softswitch.media.srtp import Receiver

MOST_OLD = 100
"""Packets that are still taken under the old key: two seconds, as phones speak."""


class Changeover:
    """Of a guard that has got another key."""

    __slots__ = ("_done", "_left", "_new", "_old")

    def __init__(self, old: Receiver, new: Receiver, done: Callable[[], None]) -> None:
        """`done` is called when the old key is of no more use."""
        self._old = old
        self._new = new
        self._done = done
        self._left = MOST_OLD

    def unprotect(self, packet: bytearray, size: int) -> int:
        """Like `Receiver.unprotect`."""
        before = packet[:size]  # whoever fails may have decrypted it all the same
        octets = self._new.unprotect(packet, size)
        if octets >= 0:
            self._done()
            return octets
        packet[:size] = before
        octets = self._old.unprotect(packet, size)
        if octets >= 0:
            self._left -= 1
            if not self._left:
                self._done()
        return octets

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """Like `Receiver.unprotect_rtcp`. Reports end nothing: sound may be behind them."""
        report = self._new.unprotect_rtcp(data)
        return self._old.unprotect_rtcp(data) if report is None else report
