"""A guard for tests, whose keys are easily told."""

from softswitch.media.latch import Address


class Memory:
    """A buffer, and what is in it."""

    def __init__(self, buffer: bytearray | memoryview) -> None:
        self.octets = memoryview(buffer)


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

    def found(self, buffer: bytearray | memoryview) -> Memory:
        return Memory(buffer)

    def unprotect_at(self, memory: Memory, start: int, size: int) -> int:
        return self.unprotect(bytearray(memory.octets[start : start + size]), size)

    def protect_at(self, memory: Memory, start: int, size: int) -> int:
        protected = self.protect(memory.octets[start : start + size])
        if protected is None:
            return -1
        memory.octets[start : start + len(protected)] = protected
        return len(protected)

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        return data[:-1] if data[-1:] == self.tag else None

    def protect_rtcp(self, data: bytes) -> bytes | None:
        return data + self.tag if self.ready else None

    def receive(self, data: bytes, source: Address, now: float) -> list[tuple[bytes, Address]]:
        self.heard.append((data, source))
        self.remote = source
        return [(b"answer", source)]
