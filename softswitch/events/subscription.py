"""One subscription: a dialog in which somebody is told of one thing (RFC 6665 §4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from softswitch.sip.uri import Uri

if TYPE_CHECKING:
    from softswitch.events.package import Package
    from softswitch.location import Binding
    from softswitch.sip.dialog import Dialog
    from softswitch.sip.flow import Flow
    from softswitch.sip.message import Request
    from softswitch.sip.timers import Timer


class Subscription:
    """Who is told what, and until when. Times are monotonic seconds."""

    __slots__ = (
        "again",
        "dialog",
        "entity",
        "event",
        "expires_at",
        "is_waiting",
        "missed",
        "number",
        "package",
        "pausing",
        "place",
        "resource",
        "timer",
        "told_at",
        "user",
        "version",
    )

    def __init__(
        self,
        dialog: Dialog,
        user: str,
        entity: str,
        number: str,
        package: Package,
        resource: str,
        event: str,
    ) -> None:
        self.dialog = dialog
        self.place = place(dialog.remote_target)
        """Which device of the user this is."""
        self.user = user
        self.entity = entity
        """The URI to which they subscribed, as they wrote it."""
        self.number = number
        """The number in it."""
        self.package = package
        self.resource = resource
        self.event = event
        self.expires_at = 0.0
        self.timer: Timer | None = None
        self.pausing: Timer | None = None
        """A notification that waits until the last one is long enough ago."""
        self.missed = 0
        """How many notifications in a row had no answer."""
        self.version = 0
        """How many notifications there were."""
        self.told_at = 0.0
        """When the last notification was sent."""
        self.is_waiting = False
        """Whether the last notification has no answer yet."""
        self.again = False
        """Whether something has changed since."""

    @property
    def watched(self) -> tuple[str, str]:
        """Package and resource."""
        return self.package.name, self.resource

    def refresh(self, request: Request, flow: Flow) -> None:
        """The device is there, and perhaps somewhere else."""
        self.dialog.refresh(request)
        self.dialog.flow = flow
        self.place = place(self.dialog.remote_target)

    def replaces(self, other: Subscription) -> bool:
        """Whether the same device asks for the same again, having forgotten that it had (MWI-2)."""
        return (
            (self.user, self.number, self.event) == (other.user, other.number, other.event)
            and self.dialog.flow.remote[0] == other.dialog.flow.remote[0]
            and self.place == other.place
        )

    def is_of(self, binding: Binding) -> bool:
        """Whether this is the device that has registered so.

        Two devices in two private networks may have the same Contact, and two devices behind one
        proxy the same flow.
        """
        flow = self.dialog.flow
        if self.user != binding.user or flow.remote[0] != binding.flow.remote[0]:
            return False
        if self.place == place(binding.contact):
            return True
        return flow == binding.flow and not self.dialog.route_set and not binding.path


def place(contact: str) -> str:
    """User, host and port of a Contact: what names a device in two of its requests."""
    uri = Uri.parse(contact)
    return f"{uri.user}@{uri.host}:{uri.port}"
