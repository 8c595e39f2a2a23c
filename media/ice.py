"""ICE for somebody who can be reached (RFC 8445 §2.5, "lite"): we answer checks, and start none.

    remote                                                        we
      Binding request  USERNAME ours:theirs, PRIORITY … signed ──►  checked: packets may come
      ◄── Binding response  XOR-MAPPED-ADDRESS, signed                from there
      Binding request  … USE-CANDIDATE ──────────────────────────►  nominated: ours go there

Where the remote's checks come from is where it is, whatever its candidates said: they are not even
read. A check proves that its sender knows our password, which only our description told. It goes on
sending them as long as it listens (RFC 7675); when it stops, so does its audio, which is noticed.
"""

import base64
import re
from collections.abc import Callable

from softswitch.media import stun
from softswitch.media.latch import Address

MIN_USERNAME, MIN_PASSWORD = 4, 22
MAX_FRAGMENT = 256
"""Characters of a username fragment or a password (RFC 8839 §5.4)."""
MAX_SOURCES = 16
"""Checked sources that are remembered: a phone has an address per network, and a few NATs."""
FORSAKEN_AFTER = 5.0
"""Seconds: a nominated source which is not checked for so long gives way to any other that is
nominated. Consent is asked for that often (RFC 7675 §5.1)."""

PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
ICE_CONTROLLED = 0x8029
_UNDERSTOOD = frozenset({stun.USERNAME, PRIORITY, USE_CANDIDATE})

BAD_REQUEST, UNAUTHENTICATED, UNKNOWN_ATTRIBUTE, ROLE_CONFLICT = 400, 401, 420, 487

HOST_PREFERENCE = 126 << 24 | 65_535 << 8
"""Of a host candidate on the only address, to which the component is added (RFC 8445 §5.1.2)."""

_FRAGMENT = re.compile(r"[A-Za-z0-9+/]+")


class Agent:
    """One side of one stream: what it says to checks, and where the remote is."""

    __slots__ = ("_checked", "_nominated_at", "_password", "_priority", "_username", "remote")

    def __init__(self, local_username: str, local_password: str, remote_username: str) -> None:
        self._username = f"{local_username}:{remote_username}".encode()
        self._password = local_password.encode()
        self.remote: Address | None = None
        """Where ours go: the source that was nominated; before, the first that was checked."""
        self._priority = -1
        """Of the nominated source; -1 before."""
        self._nominated_at = 0.0
        self._checked: dict[Address, None] = {}

    def has_checked(self, source: Address) -> bool:
        """Whether the remote proved that it is there."""
        return source in self._checked

    def receive(self, data: bytes, source: Address, now: float) -> bytes | None:
        """Our answer to a datagram, to be sent back to its source; None: it is dropped.

        A refusal is never longer than what it refuses, so nobody can use us to flood others.
        """
        request = stun.parse(data)
        if request is None or request.kind != stun.BINDING_REQUEST:
            return None
        status = self._judge(request)
        if status:
            answer = self._refusal(request, status)
            return answer if len(answer) <= len(data) else None
        self._learn(request, source, now)
        mapped = (stun.XOR_MAPPED_ADDRESS, stun.xor_address(source, request.transaction))
        return stun.build(stun.BINDING_SUCCESS, request.transaction, (mapped,), self._password)

    def _judge(self, request: stun.Message) -> int:
        """0, or why it is refused (RFC 8489 §9.1.3, §6.3.1; RFC 8445 §7.3.1.1)."""
        username = request.get(stun.USERNAME)
        if username is None or not request.is_signed:
            return BAD_REQUEST
        if username != self._username or not request.is_authentic(self._password):
            return UNAUTHENTICATED
        if _unknown(request):
            return UNKNOWN_ATTRIBUTE
        # lite is always controlled, so it is for the other to change its mind
        return ROLE_CONFLICT if request.get(ICE_CONTROLLED) is not None else 0

    def _refusal(self, request: stun.Message, status: int) -> bytes:
        """Signed as soon as the request has shown that its sender could check the signature."""
        attributes = [(stun.ERROR_CODE, stun.error_code(status))]
        if status == UNKNOWN_ATTRIBUTE:
            unknown = b"".join(kind.to_bytes(2, "big") for kind in _unknown(request))
            attributes.append((stun.UNKNOWN_ATTRIBUTES, unknown))
        password = None if status in {BAD_REQUEST, UNAUTHENTICATED} else self._password
        return stun.build(stun.BINDING_ERROR, request.transaction, attributes, password)

    def _learn(self, request: stun.Message, source: Address, now: float) -> None:
        checked = self._checked
        if source not in checked and len(checked) >= MAX_SOURCES:
            del checked[next(iter(checked))]
        checked[source] = None
        if self.remote is None:
            self.remote = source
        if request.get(USE_CANDIDATE) is None:
            return
        # some nominate all their pairs: then the best of them counts (RFC 5245 §8.1.1.2)
        priority = int.from_bytes((request.get(PRIORITY) or b"")[:4], "big")
        same = source == self.remote
        forsaken = now - self._nominated_at > FORSAKEN_AFTER
        if same or priority > self._priority or forsaken:
            self.remote, self._priority, self._nominated_at = source, priority, now


def _unknown(request: stun.Message) -> list[int]:
    """Types of attributes that had to be understood and are not."""
    return [
        kind
        for kind, _ in request.attributes
        if kind < stun.COMPREHENSION_OPTIONAL and kind not in _UNDERSTOOD
    ]


# in a session description


def is_username(value: str) -> bool:
    """Whether this may stand behind `a=ice-ufrag:` (RFC 8839 §5.4)."""
    return MIN_USERNAME <= len(value) <= MAX_FRAGMENT and bool(_FRAGMENT.fullmatch(value))


def is_password(value: str) -> bool:
    """Whether this may stand behind `a=ice-pwd:`."""
    return MIN_PASSWORD <= len(value) <= MAX_FRAGMENT and bool(_FRAGMENT.fullmatch(value))


def fresh(entropy: Callable[[int], bytes]) -> tuple[str, str]:
    """A username fragment and a password of our own; `entropy` gives octets nobody can guess."""
    random = base64.b64encode(entropy(24)).decode()
    return random[:8], random[8:]


def candidate(address: str, port: int, component: int = 1) -> str:
    """What stands behind `a=candidate:` for our only address; component 2 is RTCP's port."""
    priority = HOST_PREFERENCE | (256 - component)
    return f"1 {component} udp {priority} {address} {port} typ host"
