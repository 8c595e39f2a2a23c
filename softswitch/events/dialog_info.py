"""The body of a lamp's NOTIFY: which dialogs somebody has (RFC 4235 §4; features BLF-1).

<dialog-info version="7" state="full" entity="sip:101@pbx.example.com">
  <dialog id="…" call-id="…" local-tag="…" remote-tag="…" direction="recipient">
    <state>early</state>
    <local><identity>sip:101@…</identity><target uri="sip:101@…"/></local>
    <remote><identity display="Anna">sip:102@…</identity><target uri="sip:102@…"/></remote>

Always the full state. Who has no dialog has one that is terminated: phones that only look at
dialogs would keep their lamp lit over an empty list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from softswitch.b2bua.parties import Party

CONTENT_TYPE = "application/dialog-info+xml"

TERMINATED = "terminated"

BUDGET = 640
"""Octets of dialogs. With the rest of a NOTIFY, about as much again, they stay below the 1300 over
which UDP is not to be used (RFC 3261 §18.1.1; features BLF-4)."""
MOST_DIALOGS = 3
"""More are of no use to a lamp."""
BARE = 90
"""Octets of a dialog of which only the state is said, at most."""
LONGEST_ENTITY = 128

ANONYMOUS = "sip:anonymous@anonymous.invalid"
ANONYMOUS_NAME = "Anonymous"

_BARE = "-_.!~*'()&=+$,;?/"
"""What may stand in a user part as it is (RFC 3261 §25.1)."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "urn:ietf:params:xml:ns:dialog-info"
_unspeakable = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").sub
"""What may stand in no document (XML 1.0 §2.2)."""
_entities = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&apos;",
        "\t": " ",
        "\r": " ",
        "\n": " ",
    }
)


def document(parties: Sequence[Party], number: str, entity: str, version: int) -> bytes:
    """What `number` does, for somebody who has subscribed to `entity`: that URI as they wrote it.

    `version` counts the notifications of the subscription.
    """
    host = host_of(entity)
    if len(entity) > LONGEST_ENTITY:
        entity = uri(number, host)
    dialogs = "".join(_dialogs(parties, uri(number, host), host)) or _bare(number, TERMINATED)
    attributes = _attributes(
        [("xmlns", _NAMESPACE), ("version", str(version)), ("state", "full"), ("entity", entity)]
    )
    return f"{_HEAD}<dialog-info{attributes}>\n{dialogs}</dialog-info>\n".encode()


def host_of(entity: str) -> str:
    """Host and port of a URI: numbers of ours can be called there."""
    return re.split("[;?>]", entity.rpartition("@")[2], maxsplit=1)[0]


def uri(number: str, host: str) -> str:
    """Of a number of ours, or of one that can be called by us."""
    return f"sip:{quote(number, safe=_BARE, errors='surrogateescape')}@{host}"


def escaped(text: str) -> str:
    """Text as it may stand in an element or in an attribute."""
    return _unspeakable("\ufffd", text).translate(_entities)


def _dialogs(parties: Sequence[Party], local: str, host: str) -> Iterable[str]:
    """As much of each as fits: all, or without the parties, or only its state."""
    shown = parties[:MOST_DIALOGS]
    left = BUDGET - BARE * len(shown)
    for party in shown:
        forms = (_dialog(party, _sides(party, local, host)), _dialog(party))
        fitting = [told for told in forms if len(told.encode()) - BARE <= left]
        told = fitting[0] if fitting else _bare(party.id, party.state)
        left -= max(0, len(told.encode()) - BARE)
        yield told


def _dialog(party: Party, sides: str = "") -> str:
    attributes = _attributes(
        [
            ("id", party.id),
            ("call-id", party.call_id),
            ("local-tag", party.local_tag),
            ("remote-tag", party.remote_tag),
            ("direction", party.direction),
        ]
    )
    return f"<dialog{attributes}><state>{party.state}</state>{sides}</dialog>\n"


def _bare(key: str, state: str) -> str:
    return f'<dialog id="{escaped(key)}"><state>{state}</state></dialog>\n'


def _sides(party: Party, local: str, host: str) -> str:
    if not party.direction:
        return ""
    far, name = uri(party.number, host), party.name
    if not party.number:
        far, name = ANONYMOUS, ANONYMOUS_NAME
    return _side("local", local, "") + _side("remote", far, name)


def _side(element: str, address: str, name: str) -> str:
    address = escaped(address)
    identity = f"<identity{_attributes([('display', name)])}>{address}</identity>"
    return f'<{element}>{identity}<target uri="{address}"/></{element}>'


def _attributes(items: Iterable[tuple[str, str]]) -> str:
    """Those that there is anything to say of."""
    return "".join([f' {name}="{escaped(value)}"' for name, value in items if value])
