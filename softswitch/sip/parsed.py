"""What of a message is worked out when it is first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class parsed(Generic[T]):
    """A property that is worked out on first use and then is a plain attribute.

    Like functools.cached_property, without that one's lock.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, message: None, owner: type) -> "parsed[T]": ...

    @overload
    def __get__(self, message: object, owner: type) -> T: ...

    def __get__(self, message: object | None, owner: type) -> "parsed[T] | T":
        if message is None:
            return self
        value = self._work_out(message)
        message.__dict__[self._name] = value
        return value
