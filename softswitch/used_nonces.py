"""How often each nonce was used: no response to a challenge is taken twice (RFC 7616 §3.4, nc).

Pure, and bounded: only who has logged in makes an entry. Times are wall clock seconds.
"""

LONGEST_LIFETIME = 300.0
"""Seconds after which no request takes a nonce any more."""

MAX_USED = 16_384
"""Nonces in each of two generations: together about 6 MB, the REGISTERs of 10,000 phones."""

ONLY_ONCE = 1 << 32
"""A count that no further use can exceed: nc has eight hexadecimal digits."""

STAMP_PRECISION = 0.001
"""Seconds. Nonces say when they were made in whole milliseconds."""


class UsedNonces:
    """The highest count of each nonce that was used, in two generations.

    A generation ends when it is full or when all of its nonces are too old. Of a dropped one only
    the time is remembered: whatever nonce was made before, used or not, is refused.
    """

    def __init__(self, now: float) -> None:
        # After a restart nobody knows any more what was used before it.
        self._not_before = now - STAMP_PRECISION
        self._born = now
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def use(self, nonce: str, count: int, made_at: float, now: float) -> bool:
        """Whether this use is allowed."""
        if len(self._young) >= MAX_USED or now - self._born >= LONGEST_LIFETIME:
            self._begin_generation(now)
        generation = self._old if nonce in self._old else self._young
        highest = generation.get(nonce)
        if highest is None and made_at < self._not_before:
            return False
        if highest is not None and count <= highest:
            return False
        generation[nonce] = count
        return True

    def _begin_generation(self, now: float) -> None:
        if self._old:
            self._not_before = max(self._not_before, self._born + STAMP_PRECISION)
        self._old = self._young
        self._young = {}
        self._born = now
