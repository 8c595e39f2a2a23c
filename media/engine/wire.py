"""How a message becomes octets between signalling and a media worker.

Numbers alone go through one `struct`. What is said a few times in each call is written by hand in
`control`. Everything else is a tuple of plain values, and goes through `marshal`: fast too, and
both ends are the same Python of the same installation.
"""

import marshal
import struct
from collections.abc import Callable
from typing import Any

Codec = tuple[type[Any], Callable[[Any], bytes], Callable[[bytes], Any]]
"""A kind of message, how it is written, and how it is read."""


def numbers(kind: type[Any], layout: str) -> Codec:
    """A message that is nothing but numbers, laid out as `struct` writes it."""
    fixed = struct.Struct("!" + layout)
    unpack, make = fixed.unpack, kind._make
    return kind, lambda message: fixed.pack(*message), lambda body: make(unpack(body))


def values(kind: type[Any]) -> Codec:
    """A message of plain values: numbers, texts, octets, None, and tuples of them."""
    make = kind._make
    return kind, lambda message: pack(tuple(message)), lambda body: make(unpack(body))


def pack(plain: tuple[Any, ...]) -> bytes:
    """Octets of plain values. Named tuples are to be made plain before; they raise ValueError."""
    return marshal.dumps(plain)


def unpack(body: bytes) -> Any:
    """What was packed."""
    return marshal.loads(body)


def text(value: str) -> bytes:
    """A short text with its length before it."""
    data = value.encode()[:255]
    return bytes((len(data),)) + data
