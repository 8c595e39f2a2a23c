"""Random words: tags, branches, Call-IDs.

RFC 3261 §19.3 wants 32 bits that nobody can guess. Asking the kernel for each word is a system call
each time, seven of them in a call; so many words are fetched at once, and each is given out once.
"""

import os
from collections.abc import Callable

OCTETS = 8
"""Of a word: twice what is asked for, so that no two of our calls ever share one."""

STOCK = 128
"""Words fetched at once: 1 kB of randomness, enough for some twenty calls."""


class Tokens:
    """Call it for the next word, of 16 hexadecimal digits. Not for keys: words wait in memory."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random = random
        self._stock: list[str] = []

    def __call__(self) -> str:
        """A word that was never given out before and cannot be foretold from others."""
        if not self._stock:
            digits = self._random(STOCK * OCTETS).hex()
            length = 2 * OCTETS
            self._stock = [digits[i : i + length] for i in range(0, len(digits), length)]
        return self._stock.pop()
