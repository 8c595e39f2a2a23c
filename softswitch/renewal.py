"""What becomes of a user's bindings when a device registers (RFC 3261 §10.3, REG-2).

Pure: a registration and the bindings of its user in, the new bindings or a refusal out. All
contacts of a request take effect, or none does.

Which binding a contact renews (REG-2), the first rule that fits:

    1. the same instance and flow number: the device says who it is     (RFC 5626 §6)
    2. the same URI; behind NATs also the same source, since half of    (RFC 3261 §10.3, 7)
       all phones at home believe to be 192.168.1.2
    3. the same Call-ID, from one contact to one: the device has moved
    4. the same model on the same host, and the old binding should have been refreshed by now or
       does not answer: a phone that takes a new port each time

Rule 4 does not take a fresh binding away: two phones of one model may share a host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from softswitch.location import Binding
from softswitch.registration import (
    MAX_EXPIRES,
    MAX_EXPIRES_BEHIND_NAT,
    Refusal,
    Registration,
    Wish,
)
from softswitch.sip.fields import quote
from softswitch.sip.flow import Flow
from softswitch.sip.uri import Uri

OUT_OF_ORDER = Refusal(500, "CSeq Out Of Order")
"""A request that was overtaken by a later one of the same phone must not undo it (§10.3, 7)."""


@dataclass(slots=True)
class Update:
    """The bindings that a user has from now on, and the difference to those of before."""

    bindings: tuple[Binding, ...]
    put: list[tuple[Binding, bool]]
    """New and renewed ones; whether the device was there before."""
    gone: list[tuple[Binding, str]]
    """Those that are no more, and why."""


def update(
    registration: Registration,
    bindings: Sequence[Binding],
    *,
    now: float,
    max_devices: int,
    next_id: Callable[[], int],
) -> Update | Refusal:
    """What becomes of the bindings of the user. `now` is wall clock seconds."""
    gone = [(old, "expired") for old in bindings if old.expires_at <= now]
    live = [old for old in bindings if old.expires_at > now]
    if registration.everything:
        if any(_is_out_of_order(registration, old) for old in live):
            return OUT_OF_ORDER
        return Update((), [], gone + [(old, "removed") for old in live])
    put: list[tuple[Binding, bool]] = []
    for wish in registration.wishes:
        old = _find(wish, registration, live, now)
        if old is not None:
            if _is_out_of_order(registration, old):
                return OUT_OF_ORDER
            live.remove(old)
            if wish.expires == 0:
                gone.append((old, "removed"))
        if wish.expires > 0:
            put.append((_binding(wish, registration, old, now, next_id), old is not None))
    surplus = _surplus(live, put, max_devices)
    gone += [(binding, "replaced") for binding in surplus]
    live = [old for old in live if old not in surplus]
    put = [(new, known) for new, known in put if new not in surplus]
    kept = live + [new for new, _ in put]
    kept.sort(key=lambda binding: binding.registered_at)
    return Update(tuple(kept), put, gone)


def _is_out_of_order(registration: Registration, old: Binding) -> bool:
    return old.call_id == registration.call_id and old.cseq >= registration.cseq


def _find(
    wish: Wish, registration: Registration, live: Sequence[Binding], now: float
) -> Binding | None:
    """The binding that this contact renews or removes. The rules are those of the module."""
    if wish.instance:
        for old in live:
            if (old.instance, old.reg_id) == (wish.instance, wish.reg_id):
                return old
    if wish.reg_id:
        return None  # another flow of a device has the same URI, and is not this one
    candidates = [old for old in live if not old.reg_id]
    for old in candidates:
        if _has_same_uri(wish, registration.flow, old):
            return old
    if wish.expires == 0 or not wish.uri.is_sip:
        return None
    return next((old for old in candidates if _is_same_phone(wish, registration, old, now)), None)


def _has_same_uri(wish: Wish, flow: Flow, old: Binding) -> bool:
    if wish.contact != old.contact and not wish.uri.equivalent(Uri.parse(old.contact)):
        return False
    return not (wish.nat and old.nat) or old.flow.remote[0] == flow.remote[0]


def _is_same_phone(wish: Wish, registration: Registration, old: Binding, now: float) -> bool:
    if old.instance and wish.instance:
        return False  # both say who they are, and they are not the same
    there = Uri.parse(old.contact)
    if not there.is_sip or there.user != wish.uri.user:
        return False
    if old.call_id == registration.call_id and len(registration.wishes) == 1:
        return True  # the network that it is in has changed
    return there.host == wish.uri.host and _has_new_port(registration, old, now)


def _has_new_port(registration: Registration, old: Binding, now: float) -> bool:
    """The same model at the same place, which has lost or forgotten what it had registered."""
    if not old.user_agent or old.user_agent != registration.user_agent:
        return False
    if old.flow.remote[0] != registration.flow.remote[0]:
        return False
    return not old.reachable or now > (old.refreshed_at + old.expires_at) / 2


def _binding(
    wish: Wish,
    registration: Registration,
    old: Binding | None,
    now: float,
    next_id: Callable[[], int],
) -> Binding:
    flow = registration.flow
    nat_over_udp = wish.nat and not flow.reliable
    granted = min(wish.expires, MAX_EXPIRES_BEHIND_NAT if nat_over_udp else MAX_EXPIRES)
    return Binding(
        id=next_id() if old is None else old.id,
        user=registration.user,
        contact=wish.contact,
        flow=flow,
        path=registration.path,
        call_id=registration.call_id,
        cseq=registration.cseq,
        q=wish.q,
        expires_at=now + granted,
        user_agent=registration.user_agent,
        instance=wish.instance,
        reg_id=wish.reg_id,
        registered_at=now if old is None else old.registered_at,
        refreshed_at=now,
        display=wish.display,
        params=wish.params,
        nat=wish.nat,
        rtt=None if old is None else old.rtt,
    )


def _surplus(
    live: Sequence[Binding], put: Sequence[tuple[Binding, bool]], max_devices: int
) -> list[Binding]:
    """Who has to go: those that do not answer, then those not heard of for longest.

    Never the newest: a phone that nobody uses any more must not keep a new one out (REG-2).
    """
    excess = len(live) + len(put) - max(max_devices, 1)
    if excess <= 0:
        return []
    order = sorted(live, key=lambda old: (old.reachable, old.refreshed_at))
    return [*order, *(new for new, _ in put)][:excess]


def contact_value(binding: Binding, now: float) -> str:
    """The binding as a 200 lists it: the phone's own words, and how long they hold."""
    display = f"{quote(binding.display)} " if binding.display else ""
    left = max(0, math.floor(binding.expires_at - now + 0.5))
    return f"{display}<{binding.contact}>{binding.params};expires={left}"
