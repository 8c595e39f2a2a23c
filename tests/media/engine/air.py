"""What a leg sends through its backend, kept for the test to look at."""

from softswitch.media.engine.leg import Leg
from softswitch.media.latch import Address


class Air:
    """A way out of the machine that leads to lists."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.answers: list[tuple[bytes, Address]] = []
        self.reports: list[bytes] = []

    def send(self, leg: Leg, packet: bytes) -> None:
        self.packets.append(packet)

    def send_to(self, leg: Leg, data: bytes, address: Address) -> None:
        self.answers.append((data, address))

    def send_rtcp(self, leg: Leg, data: bytes) -> None:
        self.reports.append(data)
