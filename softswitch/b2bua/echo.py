"""The echo test: whoever calls hears himself (features 2.1, `*600`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softswitch.b2bua.line import ServiceLine


class Echo:
    """An application. It needs no more of its line than to be answered."""

    def begin(self, line: ServiceLine) -> None:
        """The caller is heard, by himself."""
        line.answer()
        line.echo()

    def digit(self, digit: str) -> None:
        """Keys come back as all else does."""

    def hung_up(self) -> None:
        """There was nobody else."""
