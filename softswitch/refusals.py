"""Refusals of which nothing is kept, and the ACKs that end them.

Each call begins with an INVITE without credentials. It is refused and forgotten, its ACK comes all
the same (RFC 3261 §17.1.1.3), and there is nothing to do about it: to read it like any other
request would only take time. It is known by the tag that the refusal has put into To.
"""

MOST = 4096
"""Refusals that are known, as many as come in two seconds; beyond it the oldest is forgotten, and
its ACK read like any other."""

ACK = b"ACK "
"""How an ACK begins."""


class Refusals:
    """The tags of refusals."""

    def __init__(self) -> None:
        self._tags: dict[bytes, None] = {}

    def note(self, to_tag: str) -> None:
        """An INVITE was refused, with this tag."""
        self._tags[to_tag.encode()] = None
        if len(self._tags) > MOST:
            del self._tags[next(iter(self._tags))]

    def acknowledged(self, data: bytes) -> str | None:
        """The Call-ID of the ACK of a refusal; None for any other message."""
        if not data.startswith(ACK):
            return None
        if _field(data, b"\r\nTo: ").rpartition(b";tag=")[2] not in self._tags:
            return None
        return _field(data, b"\r\nCall-ID: ").decode("utf-8", "surrogateescape")


def _field(data: bytes, name: bytes) -> bytes:
    """The value of a field in its usual spelling; empty when there is none."""
    start = data.find(name) + len(name)
    return data[start : data.find(b"\r\n", start)] if start >= len(name) else b""
