"""Devices that ask again and again and never answer a challenge (REG-9).

Perhaps they give up when they see an algorithm they do not know, and are then offered the one that
all know. Pure, and bounded.
"""

from softswitch.sip.digest import MD5

GAP = 5.0
"""Seconds. A phone that failed waits longer before it tries again; who asks more often is busy."""

ATTEMPTS = 2
"""Challenges that a device may leave unanswered before it is offered MD5 alone (REG-9)."""

MAX_DEVICES = 1024


class SilentDevices:
    """Those that were asked lately, and did not answer.

    A device is its address and its User-Agent. Which user it asks for makes no difference, and
    whether that user exists neither.
    """

    def __init__(self) -> None:
        self.asked: dict[int, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self.asked)

    def asks(self, device: int, now: float) -> bool:
        """It came without credentials. Whether it seems to give up when it sees SHA-256."""
        count, last = self.asked.pop(device, (0, now))
        if abs(now - last) >= GAP:
            count += 1
        self.asked[device] = (count, now)
        if len(self.asked) > MAX_DEVICES:
            del self.asked[next(iter(self.asked))]
        return count >= ATTEMPTS

    def answered(self, device: int, algorithm: str) -> None:
        """It can read the question; all of it, if it was not MD5 alone that was answered."""
        count, _ = self.asked.get(device, (0, 0.0))
        if count < ATTEMPTS or algorithm != MD5:
            self.asked.pop(device, None)
