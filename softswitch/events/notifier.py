"""The notifier of RFC 6665 §4.2: takes SUBSCRIBE, sends NOTIFY.

    SUBSCRIBE ─► read ─► package: may they? ─► 200 ─► NOTIFY, at once
                                                        ▲
    something changed ──────────────────────────────────┤    one at a time in each dialog:
    time is up, Expires: 0 ── terminated ───────────────┘    what changes meanwhile goes next

A NOTIFY that fails ends its subscription, or the second in a row does. Nothing of this outlives the
process: phones are told to come back when it stops; after a crash a refresh is answered 481, and a
phone subscribes anew (MWI-3).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from softswitch import questions
from softswitch.events.package import Package
from softswitch.events.reading import Refusal, Wish, accepts, read
from softswitch.events.subscription import Subscription
from softswitch.location import Binding
from softswitch.sip.dialog import Dialog
from softswitch.sip.flow import Address, Flow, bracketed
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.timers import Timer

if TYPE_CHECKING:
    from softswitch.sender import Addressing

log = logging.getLogger(__name__)

PROBATION = "probation;retry-after=600"
"""Why the oldest of too many has to go: come again later, not at once, or two phones would chase
each other away."""
GOING_DOWN = "probation;retry-after=10"
"""Why all end when we do: come back when we are there again (MWI-3, BLF-2). With `deactivated` they
would come at once, and be refused."""
TIME_IS_UP = "timeout"
REQUEST_TIMEOUT = 408
NO_DIALOG = 481

Key = tuple[str, str, str]
"""Call-ID, our tag, theirs."""
K = TypeVar("K")


class Agent(questions.Agent, Protocol):
    """What the notifier asks of the user agent: that, and to answer."""

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call in `delay` seconds."""

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        """Answer."""


class Notifier:
    """All subscriptions of all packages."""

    def __init__(
        self, *, agent: Agent, addressing: Addressing, packages: Iterable[Package]
    ) -> None:
        self.on_failed: Callable[[Subscription], None] = lambda subscription: None
        """Hears of subscriptions that ended because a NOTIFY was not taken."""
        self._agent = agent
        self._addressing = addressing
        self._packages = {package.name: package for package in packages}
        self._by_dialog: dict[Key, Subscription] = {}
        self._by_user: dict[str, list[Subscription]] = {}
        self._by_resource: dict[tuple[str, str], list[Subscription]] = {}
        """By package and resource."""

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return len(self._by_dialog)

    @property
    def allow_events(self) -> str:
        """The value of our Allow-Events."""
        return ", ".join(self._packages)

    def knows(self, request: Request) -> bool:
        """Whether a SUBSCRIBE with a To tag is within a dialog of ours."""
        return _key(request) in self._by_dialog

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """Answer a SUBSCRIBE of a user who has logged in."""
        if request.to_tag:
            self._refresh(request, transaction, flow, user)
        else:
            self._begin(request, transaction, flow, user)

    def changed(self, package: str, resource: str) -> None:
        """Tell whoever watches it."""
        self.repeat(tuple(self._by_resource.get((package, resource), ())))

    def of(self, binding: Binding, package: str) -> list[Subscription]:
        """The subscriptions of a registered device."""
        return [
            subscription
            for subscription in self._by_user.get(binding.user, ())
            if subscription.package.name == package and subscription.is_of(binding)
        ]

    def repeat(self, subscriptions: Iterable[Subscription]) -> None:
        """Tell them as things are, whether they have changed or not."""
        for subscription in subscriptions:
            self._tell(subscription)

    def close(self) -> None:
        """End all subscriptions: the switch is about to stop."""
        for subscription in tuple(self._by_dialog.values()):
            self._end(subscription, GOING_DOWN)

    # SUBSCRIBE

    def _begin(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        wish = self._read(request)
        if isinstance(wish, Refusal):
            self._refuse(request, transaction, wish)
            return
        package = self._packages[wish.package]
        number = request.request_uri.username
        resource = package.resource(number, user)
        if isinstance(resource, int):
            self._refuse(request, transaction, Refusal(resource))
            return
        dialog = Dialog.as_uas(request, self._agent.token(), flow)
        subscription = Subscription(
            dialog, user, request.uri, number, package, resource, wish.event
        )
        if wish.seconds:
            self._keep(subscription)
            log.info("%s watches %s of %s from %s:%d", user, package.name, resource, *flow.remote)
        self._grant(request, transaction, subscription, wish.seconds)

    def _refresh(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """The same for longer, or no more (§4.2.1.2); or the device has moved."""
        subscription = self._by_dialog.get(_key(request))
        if subscription is None:
            self._refuse(request, transaction, Refusal(NO_DIALOG))
            return
        if subscription.user != user:
            self._refuse(request, transaction, Refusal(403))
            return
        wish = self._read(request)
        if isinstance(wish, Wish) and wish.event != subscription.event:
            # One dialog, one subscription (§4.5.2).
            wish = Refusal(NO_DIALOG)
        late = subscription.dialog.receive(request)
        if late:
            wish = Refusal(late)
        if isinstance(wish, Refusal):
            self._refuse(request, transaction, wish)
            return
        subscription.refresh(request, flow)
        self._grant(request, transaction, subscription, wish.seconds)

    def _read(self, request: Request) -> Wish | Refusal:
        wish = read(request, self._packages)
        if isinstance(wish, Wish):
            content_type = self._packages[wish.package].content_type
            if not accepts(request.headers.all("Accept"), content_type):
                return Refusal(406, headers=(("Accept", content_type),))
        return wish

    def _refuse(self, request: Request, transaction: ServerTransaction, refusal: Refusal) -> None:
        status, reason, headers = refusal
        tag = self._agent.token()
        response = respond(request, status, reason, to_tag=tag, headers=headers)
        self._agent.respond(transaction, response)

    def _grant(
        self,
        request: Request,
        transaction: ServerTransaction,
        subscription: Subscription,
        seconds: int,
    ) -> None:
        """200, and the state at once, whatever was said before (§4.2.1.2)."""
        dialog = subscription.dialog
        headers = [("Contact", self._contact(subscription)), ("Expires", str(seconds))]
        response = respond(request, 200, to_tag=dialog.local_tag, headers=headers)
        self._agent.respond(transaction, response)
        if not seconds:
            self._end(subscription, TIME_IS_UP)
            return
        _stop(subscription)
        subscription.expires_at = self._agent.now() + seconds
        subscription.timer = self._agent.later(seconds, self._end, subscription, TIME_IS_UP)
        self._notify(subscription)

    def _keep(self, subscription: Subscription) -> None:
        others = self._by_user.setdefault(subscription.user, [])
        for other in [other for other in others if subscription.replaces(other)]:
            # Nobody is told in the old dialog: who asks anew does not know it any more.
            self._forget(other)
        alike = [other for other in others if other.package is subscription.package]
        if len(alike) >= subscription.package.most:
            self._end(alike[0], PROBATION)
        self._by_dialog[subscription.dialog.key] = subscription
        self._by_user.setdefault(subscription.user, []).append(subscription)
        if subscription.watched not in self._by_resource:
            subscription.package.watched(subscription.resource, True)
        self._by_resource.setdefault(subscription.watched, []).append(subscription)

    def _forget(self, subscription: Subscription) -> None:
        """Harmless for one that was never kept."""
        _stop(subscription)
        if self._by_dialog.pop(subscription.dialog.key, None) is not None:
            _remove(self._by_user, subscription.user, subscription)
            _remove(self._by_resource, subscription.watched, subscription)
            if subscription.watched not in self._by_resource:
                subscription.package.watched(subscription.resource, False)

    def _end(self, subscription: Subscription, why: str) -> None:
        self._forget(subscription)
        self._send(subscription, f"terminated;reason={why}")

    # NOTIFY

    def _tell(self, subscription: Subscription) -> None:
        if subscription.is_waiting:
            subscription.again = True
        else:
            self._tell_in_time(subscription)

    def _tell_in_time(self, subscription: Subscription) -> None:
        """At once, if the last time is long enough ago."""
        left = subscription.told_at + subscription.package.pause - self._agent.now()
        if left <= 0.0:
            self._notify(subscription)
        elif subscription.pausing is None:
            subscription.pausing = self._agent.later(left, self._notify, subscription)

    def _notify(self, subscription: Subscription) -> None:
        now = subscription.told_at = self._agent.now()
        _stop_pause(subscription)
        left = max(0, round(subscription.expires_at - now))
        subscription.is_waiting, subscription.again = True, False
        self._send(subscription, f"active;expires={left}")

    def _send(self, subscription: Subscription, state: str) -> None:
        dialog, package = subscription.dialog, subscription.package
        request = dialog.request(
            "NOTIFY",
            headers=[
                ("Contact", self._contact(subscription)),
                ("Event", subscription.event),
                ("Subscription-State", state),
            ],
            body=package.body(
                subscription.resource, dialog.flow, subscription.entity, subscription.version
            ),
            content_type=package.content_type,
        )
        subscription.version += 1
        number = dialog.local_cseq
        self._agent.request(
            request,
            dialog.flow,
            partial(self._answered, subscription, number),
            partial(self._failed, subscription, number),
        )

    def _answered(self, subscription: Subscription, number: int, response: Response) -> None:
        if not response.is_final or not self._is_last(subscription, number):
            return
        if response.status == REQUEST_TIMEOUT:
            self._miss(subscription, f"{response.status}")
            return
        subscription.is_waiting = False
        subscription.missed = 0
        if response.status >= 300:
            # 481 has to end it, others should (§4.2.2). A phone that still wants to know finds out
            # with its next refresh.
            self._fail(subscription, f"{response.status}")
        elif subscription.again:
            self._tell_in_time(subscription)

    def _failed(self, subscription: Subscription, number: int, why: str) -> None:
        if self._is_last(subscription, number):
            self._miss(subscription, why)

    def _miss(self, subscription: Subscription, why: str) -> None:
        """Nobody has answered. Once more, for some packages: the way may be there again."""
        if subscription.missed < subscription.package.patience:
            subscription.missed += 1
            self._notify(subscription)
        else:
            self._fail(subscription, why)

    def _is_last(self, subscription: Subscription, number: int) -> bool:
        """Whether this was the last word in a dialog that is still there: the device may have moved
        after an earlier one."""
        return subscription.dialog.local_cseq == number and (
            subscription.dialog.key in self._by_dialog
        )

    def _fail(self, subscription: Subscription, why: str) -> None:
        log.info(
            "%s watches %s no more: NOTIFY failed (%s)",
            subscription.user,
            subscription.package.name,
            why,
        )
        self._forget(subscription)
        self.on_failed(subscription)

    def _contact(self, subscription: Subscription) -> str:
        flow = subscription.dialog.flow
        return contact(subscription.number, flow, self._addressing.sip_address(flow))


def contact(number: str, flow: Flow, address: Address) -> str:
    """The value of a Contact of ours towards the far end of the flow."""
    host, port = address
    transport = "" if flow.protocol == "UDP" else f";transport={flow.protocol.lower()}"
    return f"<sip:{number}@{bracketed(host)}:{port}{transport}>"


def _key(request: Request) -> Key:
    return request.call_id, request.to_tag, request.from_tag


def _remove(lists: dict[K, list[Subscription]], key: K, subscription: Subscription) -> None:
    lists[key].remove(subscription)
    if not lists[key]:
        del lists[key]


def _stop(subscription: Subscription) -> None:
    if subscription.timer is not None:
        subscription.timer.cancel()
        subscription.timer = None
    _stop_pause(subscription)


def _stop_pause(subscription: Subscription) -> None:
    if subscription.pausing is not None:
        subscription.pausing.cancel()
        subscription.pausing = None
