"""What an event package is for the notifier (RFC 6665 §5): who may watch what, how it looks."""

from __future__ import annotations

from typing import Protocol

from softswitch.sip.flow import Flow


class Package(Protocol):
    """One kind of state that can be watched."""

    name: str
    """As in Event."""
    content_type: str

    def resource(self, number: str, user: str) -> str | int:
        """What the user watches who subscribes to this number, or the status that refuses it."""

    def body(self, resource: str, flow: Flow) -> bytes:
        """The whole state as it is now, for somebody at the other end of the flow."""
