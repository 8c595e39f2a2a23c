"""A guard for tests, whose keys are easily told."""

from softswitch.media.latch import Address


class Lock:
    """A guard that turns octets around and puts a tag before them; "" is the wrong one."""

    def __init__(self, tag: bytes = b"k") -> None:
        self.tag = tag
        self.ready = True
        self.remote: Address | None = None
        self.admitted = True
        self.heard: list[tuple[bytes, Address]] = []

    def admits(self, source: Address) -> bool:
        return self.admitted

    def unprotect(self, packet: bytearray, size: int) -> int:
        if packet[size - 1 : size] != self.tag or not self.ready:
            return -1
        return size - 1

    def protect(self, packet: bytes | memoryview) -> bytes | None:
        return bytes(packet) + self.tag if self.ready else None

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        return data[:-1] if data[-1:] == self.tag else None

    def protect_rtcp(self, data: bytes) -> bytes | None:
        return data + self.tag if self.ready else None

    def receive(self, data: bytes, source: Address, now: float) -> list[tuple[bytes, Address]]:
        self.heard.append((data, source))
        self.remote = source
        return [(b"answer", source)]
