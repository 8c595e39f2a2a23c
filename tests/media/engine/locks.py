"""A guard for tests, whose keys are easily told."""

from collections.abc import Iterable

from softswitch.media.latch import Address


class Memory:
    """A buffer; what is unprotected and protected there, a `Lock` says."""

    def __init__(self, buffer: bytearray | memoryview) -> None:
        self.octets = memoryview(buffer)

    def unprotect_each(
        self, runs: Iterable["Lock | None"], starts: Iterable[int], sizes: Iterable[int]
    ) -> list[int]:
        return [
            size
            if lock is None
            else lock.unprotect(bytearray(self.octets[start : start + size]), size)
            for lock, start, size in zip(runs, starts, sizes, strict=True)
        ]

    def protect_each(
        self, runs: Iterable["Lock | None"], starts: Iterable[int], sizes: Iterable[int]
    ) -> list[int]:
        return [
            size if lock is None else self._protect(lock, start, size)
            for lock, start, size in zip(runs, starts, sizes, strict=True)
        ]

    def _protect(self, lock: "Lock", start: int, size: int) -> int:
        protected = lock.protect(self.octets[start : start + size])
        if protected is None:
            return -1
        self.octets[start : start + len(protected)] = protected
        return len(protected)


class Lock:
    """A guard that turns octets around and puts a tag before them; "" is the wrong one."""

    def __init__(self, tag: bytes = b"k") -> None:
        self.tag = tag
        self.ready = True
        self.open = False
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

    def receives(self, ssrc: int) -> "Lock | None":
        return self if self.ready else None

    def sends(self, ssrc: int) -> "Lock | None":
        return self if self.ready else None

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        return data[:-1] if data[-1:] == self.tag else None

    def protect_rtcp(self, data: bytes) -> bytes | None:
        return data + self.tag if self.ready else None

    def receive(self, data: bytes, source: Address, now: float) -> list[tuple[bytes, Address]]:
        self.heard.append((data, source))
        self.remote = source
        return [(b"answer", source)]
