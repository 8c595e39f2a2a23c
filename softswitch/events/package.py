"""What an event package is for the notifier (RFC 6665 §5): who may watch what, how it looks."""

from __future__ import annotations

from typing import Protocol

from softswitch.sip.flow import Flow


class Package(Protocol):
    """One kind of state that can be watched."""

    name: str
    """As in Event."""
    content_type: str
    most: int
    """Subscriptions that a user may have. One more, and the oldest has to go."""
    pause: float
    """Seconds between two notifications of a change; what changes meanwhile is one."""
    patience: int
    """Notifications in a row that may stay without an answer."""

    def resource(self, number: str, user: str) -> str | int:
        """What the user watches who subscribes to this number, or the status that refuses it."""

    def watched(self, resource: str, is_watched: bool) -> None:
        """Somebody begins to watch what nobody has watched before, or nobody does any more."""

    def body(self, resource: str, flow: Flow, entity: str, version: int) -> bytes:
        """The whole state as it is now, for somebody at the other end of the flow.

        `entity` is the URI that they subscribed to, `version` the number of the notification in
        its subscription, from 0.
        """
