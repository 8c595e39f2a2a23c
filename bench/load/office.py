"""The load's own phones, all of them: where SIPp is too coarse, or cannot send sound.

Two sockets, one for those who call and one for those who are called; every call has sound if there
is a generator for it. Set-up times have the monotonic clock's microseconds; SIPp's steps are 4 ms.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count

from bench.load.dialogs import Dialog, Incoming, Login, Outgoing, State
from bench.load.requests import Line
from bench.load.sound import LEGS, Sound
from bench.sipp import HOST, SOCKET_BUFFER
from bench.switch import Switch
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Request, Response, respond
from softswitch.sip.parser import parse_datagram

LOGINS_PER_SECOND = 200.0
LOGIN_TIME, SETUP_TIME, GOODBYE_TIME = 10.0, 10.0, 8.0
"""Seconds that the last one is waited for."""
LARGEST = 65_535
STEP = 0.05
"""Seconds between two looks at what is to be sent again."""


class Office:
    """Phones that register, call, and answer what calls them."""

    def __init__(self, switch: Switch, sound: Sound | None = None) -> None:
        self._switch = (switch.host, switch.port)
        self._sound = sound
        self._selector = selectors.DefaultSelector()
        self._callers, self._callees = (self._opened() for _ in range(2))
        self._outgoing: dict[str, Outgoing] = {}
        self._incoming: dict[str, Incoming] = {}
        self._logins: dict[str, Login] = {}
        self._legs = count()
        self._look_at = 0.0
        self.stamped = True
        """Whether the sound of calls to come is measured; else it is a plain tone."""

    def close(self) -> None:
        """Free the sockets. Calls that are up are the switch's to end."""
        self._selector.close()
        self._callers.close()
        self._callees.close()

    def log_in(self, extensions: Sequence[int], *, remove: bool = False) -> list[str]:
        """Register these, or remove all their contacts; why some could not."""
        line = self._line(self._callees)
        done = []
        for extension in extensions:
            now = time.monotonic()
            login = Login(line, extension, remove=remove, now=now)
            self._logins[login.names.call_id] = login
            self._send(self._callees, [login.begin(now)])
            done.append(login)
            self.wait(1 / LOGINS_PER_SECOND)
        self.wait(LOGIN_TIME, lambda: not any(one.state is State.ASKING for one in done))
        self._logins.clear()
        return [one.why or "no answer" for one in done if one.state is not State.DONE]

    def call(self, caller: int, callee: int) -> Outgoing:
        """Begin a call."""
        now = time.monotonic()
        line = self._line(self._callers)
        call = Outgoing(line, caller, callee, next(self._legs) % LEGS, now)
        self._outgoing[call.names.call_id] = call
        self._send(self._callers, [call.begin(now)])
        return call

    def hang_up(self, call: Outgoing) -> None:
        """End a call that is up."""
        self._silence(call)
        self._send(self._callers, [call.hang_up(time.monotonic())])

    def call_in_turn(self, pairs: Iterator[tuple[int, int]], wanted: int, rate: float) -> int:
        """Begin so many calls per second; how many of them are up in the end."""
        began = time.monotonic()
        calls = []
        for number in range(wanted):
            calls.append(self.call(*next(pairs)))
            self.wait(began + (number + 1) / rate - time.monotonic())
        self.wait(SETUP_TIME, lambda: not any(one.state is State.ASKING for one in calls))
        return sum(one.state is State.UP for one in calls)

    def hang_up_some(self, wanted: int, rate: float) -> None:
        """End so many of the calls that are up."""
        began = time.monotonic()
        ending = self.up[:wanted]
        for number, call in enumerate(ending):
            if call.state is State.UP:
                self.hang_up(call)
            self.wait(began + (number + 1) / rate - time.monotonic())
        self.wait(GOODBYE_TIME, lambda: not any(one.state is State.ENDING for one in ending))

    @property
    def helpers(self) -> list[int]:
        """Processes of the load that run on."""
        return [self._sound.pid] if self._sound else []

    @property
    def up(self) -> list[Outgoing]:
        """The calls that are up."""
        return [one for one in self._outgoing.values() if one.state is State.UP]

    @property
    def failures(self) -> list[str]:
        """Why calls have failed so far."""
        return [one.why for one in self._outgoing.values() if one.state is State.FAILED]

    @property
    def repeated(self) -> int:
        """Messages of our phones that had to be sent again."""
        dialogs = [*self._outgoing.values(), *self._incoming.values()]
        return sum(one.repeated for one in dialogs)

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let the phones do what they have to, for so long or `until` it is true."""
        ends = time.monotonic() + seconds
        while not until():
            left = ends - time.monotonic()
            for key, _ in self._selector.select(max(0.0, min(left, STEP))):
                self._read(key.data)
            self._repeat()
            if left <= 0:
                return

    def _opened(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        opened.setblocking(False)
        opened.bind((HOST, 0))
        self._selector.register(opened, selectors.EVENT_READ, opened)
        return opened

    def _line(self, phones: socket.socket) -> Line:
        return Line(*self._switch, *phones.getsockname())

    def _send(self, phones: socket.socket, messages: Sequence[bytes]) -> None:
        for message in messages:
            with suppress(OSError):  # refused while the switch is gone: it will be sent again
                phones.sendto(message, self._switch)

    def _read(self, phones: socket.socket) -> None:
        while True:
            try:
                data = phones.recv(LARGEST)
            except OSError:  # nothing more, or a port that was closed
                return
            now = time.monotonic()
            try:
                message = parse_datagram(data)
                said = self._receive(phones, message, now)
            except ParseError:
                continue
            self._send(phones, said)

    def _receive(
        self, phones: socket.socket, message: Request | Response, now: float
    ) -> list[bytes]:
        if isinstance(message, Response):
            return self._receive_response(message, now)
        # A proxy leaves the Call-ID as it is: only the socket tells the two sides apart.
        sides: Mapping[str, Outgoing | Incoming]
        sides = self._incoming if phones is self._callees else self._outgoing
        call = sides.get(message.call_id)
        if call is not None:
            said = call.receive_request(message)
            if call.state in (State.DONE, State.FAILED):
                self._silence(call)
            return said
        if message.method == "INVITE":
            return self._called(message, now)
        return [] if message.method == "ACK" else [respond(message, 200).serialize()]

    def _receive_response(self, response: Response, now: float) -> list[bytes]:
        dialog = self._outgoing.get(response.call_id) or self._logins.get(response.call_id)
        if dialog is None:
            return []
        before = dialog.state
        said = dialog.receive(response, now)
        if isinstance(dialog, Outgoing) and before is State.ASKING and dialog.state is State.UP:
            self._sing(dialog)
        return said

    def _called(self, invite: Request, now: float) -> list[bytes]:
        line = self._line(self._callees)
        call = Incoming(line, invite, next(self._legs) % LEGS, now)
        self._incoming[invite.call_id] = call
        self._sing(call)
        return call.begin(now)

    def _sing(self, call: Outgoing | Incoming) -> None:
        if self._sound is not None and call.place is not None:
            self._sound.add(call.leg, call.place, stamped=self.stamped)

    def _silence(self, call: Outgoing | Incoming) -> None:
        if self._sound is not None:
            self._sound.remove(call.leg)

    def _repeat(self) -> None:
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + STEP
        sides: list[tuple[socket.socket, Sequence[Dialog]]] = [
            (self._callers, list(self._outgoing.values())),
            (self._callees, [*self._incoming.values(), *self._logins.values()]),
        ]
        for phones, dialogs in sides:
            again = [one.tick(now) for one in dialogs]
            self._send(phones, [message for message in again if message])


@contextmanager
def office_of(switch: Switch, sound: Sound | None = None) -> Iterator[Office]:
    """Phones, until the block ends."""
    office = Office(switch, sound)
    try:
        yield office
    finally:
        office.close()
