"""Whose number a trunk is told: From, P-Asserted-Identity, Privacy, Diversion (features CLI-1 … 3,
FWD-9, FWD-10; RFC 3323, RFC 3325, RFC 5806, RFC 7044).

    101 dials                From +48…35 (101's own number, or the first of the trunk)
    101 withholds            From anonymous, Privacy: id, and the number in P-Asserted-Identity
    a call for 101, sent on  own: From 101's number, the caller's in the display name
                             original: From the caller's number

An extension never leaves the house: where a number of ours is meant, it is one of the trunk's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from softswitch.b2bua import diversion
from softswitch.b2bua.identity import ANONYMOUS, ANONYMOUS_USER, displayed
from softswitch.b2bua.number_format import written

if TYPE_CHECKING:
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.switchboard import Subscriber
    from softswitch.routing.decision import Dial
    from softswitch.trunks import Settings

"""What stands for the caller id of a user who never shows a number."""

ORIGINAL = "original"
FIELDS = {
    "pai": "P-Asserted-Identity",
    "ppi": "P-Preferred-Identity",
    "rpid": "Remote-Party-ID",
}
"""Where the number stands beside From, by the trunk's `identity` (CLI-2)."""


class Presentation(NamedTuple):
    """What our INVITE says of who is calling."""

    sender: str
    """From, without its tag."""
    contact_user: str
    fields: Fields


def present(call: Call, dial: Dial, trunk: Settings, host: str) -> Presentation:
    """What a trunk is told. `host`: of the URIs, the carrier's as a rule."""
    principal = call.board.directory.get(dial.principal)
    own = own_number(principal, trunk)
    number = _original(call, trunk, bool(dial.hops)) or own
    shown = written(number, trunk.number_format, trunk.numbers)
    hidden = _is_hidden(call, principal, bool(dial.hops))
    display = "" if hidden else displayed(_name(call, dial, trunk, number == own))
    address = f"<sip:{shown}@{host}>" if shown else ANONYMOUS
    sender = ANONYMOUS if hidden or not shown else f"{display}{address}"
    fields = _identity_fields(trunk.identity, address, display, hidden) if shown else []
    if hidden:
        fields.append(("Privacy", "id"))
    fields += _history(call, dial, trunk, host)
    return Presentation(sender, ANONYMOUS_USER if hidden else shown or ANONYMOUS_USER, fields)


def own_number(user: Subscriber | None, trunk: Settings) -> str:
    """The number of the trunk that a user shows (CLI-3): the chosen one, his own, the first one;
    the account where the trunk has no numbers."""
    if user is not None:
        for number in (user.caller_id, user.number):
            if number and number in trunk.numbers:
                return number
    return trunk.numbers[0] if trunk.numbers else trunk.username


def _original(call: Call, trunk: Settings, forwarded: bool) -> str:
    """The caller's number, where the trunk takes numbers that are not ours (FWD-9)."""
    if not forwarded or not call.identity.outside or not trunk.forwarded_cli.startswith(ORIGINAL):
        return ""
    if trunk.forwarded_cli != ORIGINAL and not (trunk.diversion or trunk.history_info):
        return ""  # with the forward told or not at all
    return call.identity.number if call.identity.number.startswith("+") else ""


def _is_hidden(call: Call, principal: Subscriber | None, forwarded: bool) -> bool:
    if call.identity.withheld:
        return True
    return not forwarded and principal is not None and principal.hide_number


def _name(call: Call, dial: Dial, trunk: Settings, is_own: bool) -> str:
    """The display name: the caller's number, where it stands nowhere else; a name only if the
    trunk's owner wants names to be seen outside."""
    identity = call.identity
    if identity.outside:
        number = identity.number if dial.hops and is_own else ""
        return identity.name if trunk.clip_name and identity.name else number
    return identity.name if trunk.clip_name else ""


def _identity_fields(kind: str, address: str, display: str, hidden: bool) -> Fields:
    """The number once more, for the carrier's own use: it gets it even when nobody else shall."""
    name = FIELDS.get(kind)
    if name is None:
        return []
    if kind == "rpid":
        privacy = "full" if hidden else "off"
        return [(name, f"{display}{address};party=calling;screen=yes;privacy={privacy}")]
    return [(name, f"{display}{address}")]


def _history(call: Call, dial: Dial, trunk: Settings, host: str) -> Fields:
    """The forwards behind the call, with numbers that mean something outside."""
    if not dial.hops or not (trunk.diversion or trunk.history_info):
        return []

    def outside(number: str) -> str:
        user = call.board.directory.get(number)
        if user is not None:
            number = own_number(user, trunk)
        return written(number, trunk.number_format, trunk.numbers)

    hops = [hop._replace(user=outside(hop.user), to=outside(hop.to)) for hop in dial.hops]
    # The last target as it is dialled: in the configuration it may be spelt otherwise.
    hops[-1] = hops[-1]._replace(to=written(dial.number, trunk.number_format, trunk.numbers))
    return diversion.fields(
        hops, host, privacy=True, diversion=trunk.diversion, history=trunk.history_info
    )
