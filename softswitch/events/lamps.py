"""Keeps the lamps of phones right, whether they have subscribed or not (MWI-1, MWI-2).

    MailboxChanged ─┬─► notifier ─► NOTIFY to subscribers
                    └─► registered devices without a subscription: NOTIFY out of the blue
    Registered ───────► the same, to this device alone

Many phones never subscribe, and are told by whoever knows where they are. A device that comes, or
that has started anew (the Call-ID of its registrations changed), or that we have told nothing since
we started ourselves, is told how things are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from softswitch.bus import Bus, MailboxChanged, Registered, Unregistered
from softswitch.events.message_summary import MessageSummary
from softswitch.events.notifier import Agent, Notifier, contact
from softswitch.events.subscription import Subscription
from softswitch.location import Binding, Location, target
from softswitch.sip.flow import Flow
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request, Response

if TYPE_CHECKING:
    from softswitch.sender import Addressing

SETTLE = 0.5
"""Seconds that a device has to subscribe after it has registered. Most of those who do it at all do
it at once, and none shall be told twice."""


class Device:
    """A registered device, and what it is being told."""

    __slots__ = ("again", "call_id", "flow", "is_waiting")

    def __init__(self, binding: Binding) -> None:
        self.call_id = binding.call_id
        self.flow = binding.flow
        self.is_waiting = False
        """Whether the last notification has no answer yet."""
        self.again = False
        """Whether something has changed since."""


class Lamps:
    """Tells devices; holds no state of mailboxes."""

    def __init__(
        self,
        *,
        agent: Agent,
        addressing: Addressing,
        location: Location,
        bus: Bus,
        notifier: Notifier,
        package: MessageSummary,
        wall: Callable[[], float],
    ) -> None:
        self._agent = agent
        self._addressing = addressing
        self._location = location
        self._notifier = notifier
        self._package = package
        self._wall = wall
        self._devices: dict[int, Device] = {}
        """By binding."""
        notifier.on_failed = self._unsubscribed
        bus.subscribe(MailboxChanged, self._changed)
        bus.subscribe(Registered, self._registered)
        bus.subscribe(Unregistered, self._unregistered)

    def __len__(self) -> int:
        """How many devices we know of."""
        return len(self._devices)

    def _changed(self, event: MailboxChanged) -> None:
        for user in self._package.users(event.mailbox):
            self._notifier.changed(self._package.name, user)
            for binding in self._bindings(user):
                if not self._notifier.of(binding, self._package.name):
                    self._tell(binding)

    def _registered(self, event: Registered) -> None:
        binding = event.binding
        if not self._package.has_lamp(binding.user):
            return
        device = self._devices.get(binding.id)
        if device is not None and (device.call_id, device.flow) == (binding.call_id, binding.flow):
            return
        self._devices[binding.id] = Device(binding)
        self._agent.later(SETTLE, self._welcome, binding.user, binding.id, self._agent.now())

    def _unregistered(self, event: Unregistered) -> None:
        self._devices.pop(event.binding.id, None)

    def _unsubscribed(self, subscription: Subscription) -> None:
        """The device does not know its dialog any more, or its way: is it there by another?"""
        for binding in self._bindings(subscription.user):
            if subscription.is_of(binding):
                self._tell(binding)

    def _bindings(self, user: str) -> list[Binding]:
        return self._location.bindings(user, self._wall())

    def _welcome(self, user: str, binding_id: int, since: float) -> None:
        """Tell the device, in its subscriptions those that have not been told since."""
        for binding in self._bindings(user):
            if binding.id == binding_id:
                subscriptions = self._notifier.of(binding, self._package.name)
                self._notifier.repeat([one for one in subscriptions if one.told_at < since])
                if not subscriptions:
                    self._tell(binding)

    def _tell(self, binding: Binding) -> None:
        device = self._devices.setdefault(binding.id, Device(binding))
        if device.is_waiting:
            device.again = True
            return
        device.is_waiting, device.again = True, False
        uri, routes, flow = target(binding)
        self._agent.request(
            self._request(binding.user, uri, routes, flow),
            flow,
            partial(self._answered, binding.user, binding.id, device),
            lambda why: self._silent(binding.id, device),
        )

    def _request(self, user: str, uri: str, routes: tuple[str, ...], flow: Flow) -> Request:
        """A NOTIFY outside of any dialog: no RFC knows it, and nearly every phone takes it."""
        account = self._package.account(user, flow)
        own = contact(user, flow, self._addressing.sip_address(flow))
        host = account.partition("@")[2]
        items = [("Route", route) for route in routes]
        items += [
            ("From", f"<{account}>;tag={self._agent.token()}"),
            ("To", f"<sip:{user}@{host}>"),
            ("Call-ID", self._agent.token()),
            ("CSeq", "1 NOTIFY"),
            ("Contact", own),
            ("Event", self._package.name),
            ("Subscription-State", "active"),
            ("Content-Type", self._package.content_type),
        ]
        return Request("NOTIFY", uri, Headers(items), self._package.body(user, flow))

    def _answered(self, user: str, binding_id: int, device: Device, response: Response) -> None:
        """Whatever it says: a phone that takes no such thing has no lamp."""
        if response.is_final:
            self._heard(user, binding_id, device)

    def _silent(self, binding_id: int, device: Device) -> None:
        """It may not know: its next registration, even if it only refreshes, is answered with the
        state."""
        if self._devices.get(binding_id) is device:
            del self._devices[binding_id]

    def _heard(self, user: str, binding_id: int, device: Device) -> None:
        device.is_waiting = False
        if device.again and self._devices.get(binding_id) is device:
            device.again = False
            self._welcome(user, binding_id, 0.0)  # if it has subscribed, it knows
