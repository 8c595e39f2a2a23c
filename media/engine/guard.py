"""What stands between a leg and its remote when not everybody may speak, or listen.

    datagrams of the remote ──► first octet (RFC 7983)
        0 … 3     STUN ──► ICE: checks answered, and known where the remote is
        20 … 63   DTLS ──► handshake ──► keys
        128 … 191 RTP, RTCP ──► unprotect ──► the leg           the leg ──► protect ──►

Keys come from the description (SDES) or from a handshake (DTLS); with ICE alone packets are as they
are. A new description with the same keys changes nothing, so that rollover counters and replay
windows live on. With other keys the old ones end: when the remote is elsewhere at once, for they
may be somebody else's by now, and else when it has begun to use the new ones (`changeover`).
"""

from collections.abc import Callable

from softswitch.media.dtls import NEVER, Endpoint
from softswitch.media.engine.changeover import Changeover
from softswitch.media.engine.handshakes import Datagram, Handshakes
from softswitch.media.engine.interface import Dtls, Ice, Remote, Sdes
from softswitch.media.ice import Agent
from softswitch.media.latch import Address
from softswitch.media.srtp import Memory, Receiver, Run, Sender, SrtpError

STUN_BELOW = 4
DTLS_FROM, DTLS_BELOW = 20, 64
NO_CERTIFICATE = "there is no certificate for DTLS"

Packet = bytes | bytearray | memoryview


class Alarm:
    """When the first of all guards wants to be woken."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = NEVER

    def ring(self, at: float) -> None:
        """At that time at the latest."""
        if at < self.at:
            self.at = at


class Guard:
    """Of one leg. The four ways of a packet are set to what does the work, with nothing between."""

    __slots__ = (
        "_agent",
        "_alarm",
        "_endpoint",
        "_expected",
        "_handshakes",
        "_hosts",
        "_ice",
        "_receiver",
        "_receiving",
        "_security",
        "_sender",
        "_sending",
        "failed",
        "open",
        "protect",
        "protect_rtcp",
        "unprotect",
        "unprotect_rtcp",
    )

    def __init__(self, endpoint: Endpoint | None, alarm: Alarm) -> None:
        self._endpoint = endpoint
        self._alarm = alarm
        self._expected: Address | None = None
        self._hosts: frozenset[str] = frozenset()
        self._security: Sdes | Dtls | None = None
        self._ice: Ice | None = None
        self._agent: Agent | None = None
        self._handshakes: Handshakes | None = None
        self._sending: tuple[str, bytes] | None = None
        """Suite and key in use."""
        self._receiving: tuple[str, bytes] | None = None
        self._sender: Sender | None = None
        self._receiver: Receiver | None = None
        self.open = True
        """Whether packets cross as they are."""
        self.failed = ""
        """Why the leg can never work as promised."""
        self.unprotect: Callable[[bytearray, int], int] = _as_it_is
        """A packet in place; its octets, or -1: drop it."""
        self.protect: Callable[[Packet], bytes | None] = bytes
        """A packet as it is to be sent; None: it cannot be."""
        self.unprotect_rtcp: Callable[[bytes], bytes | None] = bytes
        """The same of RTCP, as a copy."""
        self.protect_rtcp: Callable[[bytes], bytes | None] = bytes

    def __repr__(self) -> str:
        return f"<Guard {self._security!r} {self._ice!r}>"

    @property
    def remote(self) -> Address | None:
        """Where ICE or DTLS proved the remote to be."""
        if self._agent is not None and self._agent.remote is not None:
            return self._agent.remote
        return self._handshakes.source if self._handshakes is not None else None

    def admits(self, source: Address) -> bool:
        """May a packet that `unprotect` let through be from there? Its tag has proven whose it is;
        without one, the source must have been checked."""
        return self._security is not None or (
            self._agent is not None and self._agent.has_checked(source)
        )

    def found(self, buffer: bytearray | memoryview) -> Memory:
        """A buffer that packets lie in, where they are unprotected and protected."""
        return Memory(buffer)

    def receives(self, ssrc: int) -> Run | None:
        """For packets of this source that follow each other; None: not yet, or not any more. It
        holds until there are other keys."""
        receiver = self._receiver
        if receiver is None or self.unprotect != receiver.unprotect:  # the old key is right, too
            return None
        return receiver.run(ssrc)

    def sends(self, ssrc: int) -> Run | None:
        """The same of what is sent."""
        return None if self._sender is None else self._sender.run(ssrc)

    @property
    def next_deadline(self) -> float:
        """Monotonic seconds: when `tick` wants to be called."""
        return NEVER if self._handshakes is None else self._handshakes.next_deadline

    def renew(
        self, remote: Remote, expected: Address | None, hosts: frozenset[str], now: float
    ) -> None:
        """A new offer or answer: `expected` is where it says the remote is, and `hosts` may begin a
        handshake, from any port, unless ICE says who may."""
        self._hosts = hosts
        stays, self._expected = expected == self._expected, expected
        if remote.ice != self._ice:
            self._ice = remote.ice
            self._agent = None if remote.ice is None else Agent(*remote.ice)
        self.failed = ""
        if isinstance(remote.security, Dtls):
            self._renew_dtls(remote.security)
        else:
            self._handshakes = None
            self._renew_keys(remote.security, stays and isinstance(self._security, Sdes))
        self._security = remote.security
        self._aim(now)

    def receive(self, data: bytes, source: Address, now: float) -> list[Datagram]:
        """A datagram that is STUN or DTLS; the answers to be sent."""
        first = data[0] if data else DTLS_BELOW
        if first < STUN_BELOW:
            return self._receive_check(data, source, now)
        if DTLS_FROM <= first < DTLS_BELOW and self._handshakes is not None:
            return self._receive_handshake(self._handshakes, data, source, now)
        return []

    def tick(self, now: float) -> list[Datagram]:
        """The deadline has come; datagrams to be sent."""
        handshakes = self._handshakes
        if handshakes is None:
            return []
        datagrams = handshakes.tick(now)
        self._settle(handshakes, now)
        return datagrams

    def _receive_check(self, data: bytes, source: Address, now: float) -> list[Datagram]:
        agent = self._agent
        answer = None if agent is None else agent.receive(data, source, now)
        if answer is None:
            return []
        self._aim(now)
        return [(answer, source)]

    def _receive_handshake(
        self, handshakes: Handshakes, data: bytes, source: Address, now: float
    ) -> list[Datagram]:
        if self._agent is not None:
            allowed = exact = self._agent.has_checked(source)
        else:
            exact = source == self._expected
            allowed = exact or source[0] in self._hosts
        if not allowed:
            return []
        datagrams = handshakes.receive(data, source, exact, now)
        self._settle(handshakes, now)
        return datagrams

    def _settle(self, handshakes: Handshakes, now: float) -> None:
        """Take what the handshakes have come to."""
        keys = handshakes.keys
        if keys is not None:
            self._use(keys.suite, keys.send_key, keys.receive_key)
        if handshakes.failed and not self.failed:
            self.failed = handshakes.failed
            self._alarm.ring(now)
        self._alarm.ring(handshakes.next_deadline)

    @property
    def _named(self) -> bool:
        """Whether the description says itself when an association is new."""
        return isinstance(self._security, Dtls) and bool(self._security.association)

    def _aim(self, now: float) -> None:
        """Tell the handshakes where the remote is, with ICE no sooner than it is proven."""
        if self._handshakes is not None:
            if self._agent is None:
                self._handshakes.aim(self._expected, now, anew=not self._named)
            else:
                self._handshakes.aim(self._agent.remote, now)
            self._alarm.ring(self._handshakes.next_deadline)
        if self.failed:
            self._alarm.ring(now)

    def _renew_dtls(self, security: Dtls) -> None:
        """Another certificate or another name of the association means another association (RFC
        8842 §5); who began matters only until it stands."""
        present = self._security if self._handshakes is not None else None
        if isinstance(present, Dtls) and self._handshakes is not None:
            same = (present.fingerprint, present.association) == security[1:3]
            if same and (self._handshakes.keys is not None or present == security):
                self.failed = self._handshakes.failed
                return
        self._close()
        if self._endpoint is None:
            self._handshakes = None
            self.failed = NO_CERTIFICATE
        else:
            self._handshakes = Handshakes(self._endpoint, security.active, security.fingerprint)

    def _renew_keys(self, security: Sdes | None, gradually: bool) -> None:
        if security is None:
            self._open()
            return
        try:
            self._use(security.suite, security.send_key, security.receive_key, gradually)
        except SrtpError as error:
            self._close()
            self.failed = str(error)

    def _use(
        self, suite: str, send_key: bytes, receive_key: bytes, gradually: bool = False
    ) -> None:
        """Protect with these keys from now on; a direction whose key stays, stays. `gradually`: the
        remote may go on under its old key for a while. Raises SrtpError."""
        self.open = False
        if self._sending != (suite, send_key):
            sender = Sender(suite, send_key)
            self.protect, self.protect_rtcp = sender.protect, sender.protect_rtcp
            self._sender = sender
            self._sending = (suite, send_key)
        if self._receiving != (suite, receive_key):
            before, self._receiver = self._receiver, Receiver(suite, receive_key)
            self._receiving = (suite, receive_key)
            self._change_over()
            if gradually and before is not None:
                both = Changeover(before, self._receiver, self._change_over)
                self.unprotect, self.unprotect_rtcp = both.unprotect, both.unprotect_rtcp

    def _change_over(self) -> None:
        """Nothing is right but what is under the newest key."""
        assert self._receiver is not None
        self.unprotect = self._receiver.unprotect
        self.unprotect_rtcp = self._receiver.unprotect_rtcp

    def _open(self) -> None:
        """There is nothing to protect: packets cross as they are."""
        self.open = True
        self._sending = self._receiving = self._sender = self._receiver = None
        self.unprotect, self.protect = _as_it_is, bytes
        self.unprotect_rtcp = self.protect_rtcp = bytes

    def _close(self) -> None:
        """There are no keys: nothing crosses."""
        self.open = False
        self._sending = self._receiving = self._sender = self._receiver = None
        self.unprotect, self.protect = _nothing_in, _nothing_out
        self.unprotect_rtcp = self.protect_rtcp = _nothing_out


def renew(
    guard: Guard | None,
    remote: Remote,
    expected: Address | None,
    hosts: frozenset[str],
    endpoint: Endpoint | None,
    alarm: Alarm,
    now: float,
) -> Guard | None:
    """The guard of a leg after a new offer or answer; None when the leg needs none."""
    if remote.security is None and remote.ice is None:
        return None
    if guard is None:
        guard = Guard(endpoint, alarm)
    guard.renew(remote, expected, hosts, now)
    return guard


def _as_it_is(_packet: bytearray, size: int) -> int:
    return size


def _nothing_in(_packet: bytearray, _size: int) -> int:
    return -1


def _nothing_out(_packet: Packet) -> None:
    return None
