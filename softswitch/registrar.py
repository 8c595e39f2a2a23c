"""The registrar: answers REGISTER (RFC 3261 §10.3, RFC 3327, REG-1 to REG-4).

    request ─► registration.read ─► renewal.update ─► store ──► location ─► 200
                                                    committed

The phone hears 200 when its binding would survive our death. Until then nothing has changed for
anybody, and further REGISTERs of the same user wait their turn: each sees what the one before did.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from email.utils import formatdate
from functools import partial
from typing import Protocol

from softswitch.binding_rows import from_row, to_row
from softswitch.bus import Bus, Registered, Unregistered
from softswitch.location import Binding, Location
from softswitch.registration import Refusal, Registration, read
from softswitch.renewal import Update, contact_value, update
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response, printable, respond
from softswitch.sip.server_transaction import ServerTransaction
from softswitch.sip.timers import Timer
from softswitch.sip.uri import Uri
from softswitch.store.store import BindingRow, Committed

log = logging.getLogger(__name__)

EXTENSIONS = "path, outbound"
"""What a phone may require or use when it registers (RFC 3327, RFC 5626)."""

STORE_TIMEOUT = 2.0
"""Seconds that the store may take; then the phone is told to come again."""
RETRY_AFTER = "5"

MAX_WAITING = 8
"""REGISTERs of one user that may wait for the one before them."""

SWEEP_EVERY = 5.0
"""Seconds between looks for bindings that have expired. Calls never see those anyway."""

FLOW_TIMER = "120"
"""Seconds after which a device should have sent a keep-alive over its flow (RFC 5626 §4.4)."""


class Agent(Protocol):
    """What the registrar asks of the user agent."""

    def respond(self, transaction: ServerTransaction, response: Response) -> None:
        """Answer."""

    def later(self, delay: float, callback: Callable[..., object], *args: object) -> Timer:
        """Call in `delay` seconds."""

    def token(self) -> str:
        """A new tag."""


class Addressing(Protocol):
    """Who knows which addresses are ours."""

    def is_ours(self, host: str, port: int | None) -> bool:
        """Whether requests to this place would come back to us."""

    def is_local(self, host: str) -> bool:
        """Whether the host is on a network next to us."""


class Bindings(Protocol):
    """Where bindings are kept, as in the store."""

    def put_bindings(self, put: Sequence[BindingRow], drop: Sequence[int] = ()) -> Committed:
        """Keep some and forget others, at once or not at all."""

    async def bindings(self) -> list[BindingRow]:
        """All that are kept."""


class Task:
    """A REGISTER on its way to be answered."""

    __slots__ = ("flow", "request", "timer", "transaction", "user")

    def __init__(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        self.request = request
        self.transaction = transaction
        self.flow = flow
        self.user = user
        self.timer: Timer | None = None


class Registrar:
    """Changes bindings as their phones ask."""

    def __init__(
        self,
        *,
        agent: Agent,
        location: Location,
        store: Bindings,
        bus: Bus,
        addressing: Addressing,
        wall: Callable[[], float],
        max_devices: Callable[[str], int],
    ) -> None:
        """`max_devices`: how many bindings a user may have."""
        self._agent = agent
        self._location = location
        self._store = store
        self._bus = bus
        self._addressing = addressing
        self._wall = wall
        self._max_devices = max_devices
        self._last_id = 0
        self._busy: dict[str, deque[Task]] = {}
        """Users whose change is being stored, and what waits for it."""
        self._closed_meanwhile: set[Flow] = set()
        self._date = (0, "")

    async def load(self) -> None:
        """Take up the bindings that were kept. Raises StoreError. Call once, before listening."""
        now = self._wall()
        by_user: dict[str, list[Binding]] = {}
        lapsed = []
        for row in await self._store.bindings():
            self._last_id = row.id
            binding = from_row(row, now)
            if binding.expires_at > now:
                by_user.setdefault(binding.user, []).append(binding)
            else:
                lapsed.append(binding.id)
        for user, bindings in by_user.items():
            bindings.sort(key=lambda binding: binding.registered_at)
            self._location.replace(user, tuple(bindings))
        if lapsed:
            self._store.put_bindings([], lapsed)
        log.info("%d bindings of %d users taken up", len(self._location), len(by_user))
        self._agent.later(SWEEP_EVERY, self._sweep)

    def receive(
        self, request: Request, transaction: ServerTransaction, flow: Flow, user: str
    ) -> None:
        """Answer a REGISTER of a user who has logged in."""
        task = Task(request, transaction, flow, user)
        waiting = self._busy.get(user)
        if waiting is None:
            self._begin(task)
        elif len(waiting) < MAX_WAITING:
            task.timer = self._agent.later(STORE_TIMEOUT, self._give_up, task)
            waiting.append(task)
        else:
            self._refuse(task, Refusal(503, headers=(("Retry-After", RETRY_AFTER),)))

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone, and the bindings that need it (REG-4)."""
        if self._busy:
            self._closed_meanwhile.add(flow)
        self._forget(self._location.drop_flow(flow), "disconnected")

    def clock_moved(self, seconds: float) -> None:
        """The wall clock was set. What is kept in wall time goes along."""
        self._location.shift(seconds)
        self._store.put_bindings([to_row(binding) for binding in self._location.all()])

    def _begin(self, task: Task) -> None:
        outcome = self._decide(task)
        if isinstance(outcome, Refusal):
            self._refuse(task, outcome)
            return
        registration, change = outcome
        if not change.put and not change.gone:
            self._answer(task, registration, change.bindings)  # it only asks (§10.2.3)
            return
        if task.timer is None:
            task.timer = self._agent.later(STORE_TIMEOUT, self._give_up, task)
        self._busy.setdefault(task.user, deque())
        stored = self._store.put_bindings(
            [to_row(binding) for binding, _ in change.put],
            [binding.id for binding, _ in change.gone],
        )
        stored.add_done_callback(partial(self._stored, task, registration, change))

    def _decide(self, task: Task) -> tuple[Registration, Update] | Refusal:
        # §10.3, 3: nobody registers for somebody else.
        if task.request.to.uri.username != task.user:
            return Refusal(403)
        registration = read(task.request, task.flow, task.user)
        if isinstance(registration, Refusal):
            return registration
        if any(self._leads_here(wish.uri, task.flow) for wish in registration.wishes):
            return Refusal(403, "Contact Is Ours")
        change = update(
            registration,
            self._location.of(task.user),
            now=self._wall(),
            max_devices=self._max_devices(task.user),
            next_id=self._next_id,
        )
        return change if isinstance(change, Refusal) else (registration, change)

    def _leads_here(self, contact: Uri, flow: Flow) -> bool:
        """Whether calls to the contact would come back to us, and begin another, and another.

        A phone in another private network may have the address there that we have here.
        """
        if not contact.is_sip or not self._addressing.is_ours(contact.address, contact.port):
            return False
        is_local = self._addressing.is_local
        return is_local(flow.remote[0]) or not is_local(contact.address)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _stored(
        self,
        task: Task,
        registration: Registration,
        change: Update,
        stored: asyncio.Future[None],
    ) -> None:
        if stored.exception() is None:
            self._location.replace(task.user, change.bindings)
            self._answer(task, registration, change.bindings)
            self._publish(change)
        else:
            # §10.3, 8: what could not be kept has not happened.
            self._refuse(task, Refusal(500, headers=(("Retry-After", RETRY_AFTER),)))
        self._next(task.user)
        for flow in self._closed_meanwhile:
            self._forget(self._location.drop_flow(flow), "disconnected")
        if not self._busy:
            self._closed_meanwhile.clear()

    def _next(self, user: str) -> None:
        """Whoever waited for this change."""
        waiting = self._busy.pop(user)
        while waiting:
            self._begin(waiting.popleft())
            if user in self._busy:
                self._busy[user] = waiting
                return

    def _give_up(self, task: Task) -> None:
        """The store is slow. What it has been told it may still do; the phone comes again."""
        task.timer = None
        waiting = self._busy.get(task.user)
        if waiting and task in waiting:
            waiting.remove(task)
        log.warning("the store is slow: %s is told to register later", task.user)
        self._refuse(task, Refusal(503, headers=(("Retry-After", RETRY_AFTER),)))

    def _refuse(self, task: Task, refusal: Refusal) -> None:
        log.info(
            "%s from %s:%d: %d %s",
            task.user,
            *task.flow.remote,
            refusal.status,
            refusal.reason,
        )
        self._respond(task, refusal.status, refusal.reason, refusal.headers)

    def _answer(self, task: Task, registration: Registration, bindings: Iterable[Binding]) -> None:
        """200 with everything that is registered now (§10.3, 8)."""
        now = self._wall()
        headers = [("Contact", contact_value(binding, now)) for binding in bindings]
        headers.append(("Date", self._date_at(now)))
        headers.append(("Supported", EXTENSIONS))
        if registration.outbound:
            headers += [("Require", "outbound"), ("Flow-Timer", FLOW_TIMER)]
        supported = task.request.headers.values("Supported") if registration.path else []
        if any(tag.lower() == "path" for tag in supported):
            headers += [("Path", value) for value in registration.path]
        self._respond(task, 200, "", headers)

    def _respond(
        self, task: Task, status: int, reason: str, headers: Iterable[tuple[str, str]]
    ) -> None:
        if task.timer is not None:
            task.timer.cancel()
            task.timer = None
        elif task.transaction.is_answered:
            return  # it was told to come again
        tag = self._agent.token()
        response = respond(task.request, status, reason, to_tag=tag, headers=headers)
        self._agent.respond(task.transaction, response)

    def _date_at(self, now: float) -> str:
        """Phones set their clocks by it (REG-3)."""
        second = int(now)
        if self._date[0] != second:
            self._date = second, formatdate(second, usegmt=True)
        return self._date[1]

    def _publish(self, change: Update) -> None:
        for binding, known in change.put:
            if not known:
                log.info("%s registered %s", binding.user, _describe(binding))
            self._bus.publish(Registered(binding, known))
        self._tell_gone(change.gone)

    def _tell_gone(self, gone: Iterable[tuple[Binding, str]]) -> None:
        for binding, why in gone:
            log.info("%s unregistered %s: %s", binding.user, _describe(binding), why)
            self._bus.publish(Unregistered(binding, why))

    def _sweep(self) -> None:
        self._agent.later(SWEEP_EVERY, self._sweep)
        self._forget(self._location.expire(self._wall()), "expired")

    def _forget(self, gone: list[Binding], why: str) -> None:
        if gone:
            self._store.put_bindings([], [binding.id for binding in gone])
            self._tell_gone((binding, why) for binding in gone)


def _describe(binding: Binding) -> str:
    host, port = binding.flow.remote
    device = printable(binding.user_agent) or "unknown device"
    return f"{printable(binding.contact)} over {binding.flow.protocol} {host}:{port} ({device})"
