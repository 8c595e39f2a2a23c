"""Lost flights of a DTLS handshake, in real time: OpenSSL keeps a clock of its own."""

import time

from softswitch.media.dtls import Association
from tests.support.dtls_peers import association

PATIENCE = 15.0
"""Only a handshake that never ends waits so long; one lost flight takes a second."""


class Call:
    """A client, a server, and a network that loses datagrams by their number."""

    def __init__(self, lost: range) -> None:
        self.client = association("anna", "jan", active=True)
        self.server = association("jan", "anna", active=False)
        self._lost = lost
        self._sent = 0
        self._carry(self.server, self.client.start(time.monotonic()))

    @property
    def agreed(self) -> bool:
        return self.client.keys is not None and self.server.keys is not None

    def look(self, now: float) -> None:
        """Let whoever has waited long enough repeat itself."""
        for side, peer in ((self.client, self.server), (self.server, self.client)):
            if side.next_deadline <= now:
                self._carry(peer, side.tick(now))

    def _carry(self, receiver: Association, datagrams: list[bytes]) -> None:
        for data in datagrams:
            self._sent += 1
            if self._sent - 1 not in self._lost:
                other = self.client if receiver is self.server else self.server
                self._carry(other, receiver.receive(data, time.monotonic()))


def test_a_handshake_survives_the_loss_of_any_flight() -> None:
    flights = {"hello": range(1), "answer": range(1, 6), "keys": range(6, 11), "end": range(11, 13)}
    calls = {name: Call(lost) for name, lost in flights.items()}
    until = time.monotonic() + PATIENCE
    while not all(call.agreed for call in calls.values()) and time.monotonic() < until:
        time.sleep(0.02)
        for call in calls.values():
            call.look(time.monotonic())
    assert [name for name, call in calls.items() if not call.agreed] == []
