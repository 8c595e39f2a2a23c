"""English: one plural, a clock of twelve hours, the month before the day."""

from softswitch.mailbox.phrases import LocalTime, cardinal

WORDS = frozenset({*range(21), *range(30, 100, 10)})
"""Numbers that are one word."""


class English:
    """See the module."""

    def messages(self, count: int, kind: str) -> list[str]:
        """ "No new messages", "one new message"."""
        form = "one" if count == 1 else "many"
        amount = ["number.no"] if count == 0 else number(count)
        return [*amount, f"messages.{kind}.{form}"]

    def and_(self) -> list[str]:
        """Between two counts."""
        return ["word.and"]

    def day(self, local: LocalTime) -> list[str]:
        """ "On Monday, August sixth"."""
        return [f"weekday.{local.weekday}", f"month.{local.month}", f"day.{local.day}"]

    def seconds(self, count: int) -> list[str]:
        """ "Twenty-five seconds"."""
        return [*number(count), f"code.seconds.{'one' if count == 1 else 'many'}"]

    def time(self, local: LocalTime) -> list[str]:
        """ "At three nineteen p.m."; "oh five", and nothing for the full hour."""
        hour = local.hour % 12 or 12
        half = "time.am" if local.hour < 12 else "time.pm"
        return ["word.at", f"number.{hour}", *_minutes(local.minute), half]


def number(count: int) -> list[str]:
    """A number from 1 to 999."""
    hundreds, rest = divmod(count, 100)
    said = [f"number.{hundreds}", "number.hundred"] if hundreds else []
    return said + (cardinal(rest, WORDS) if rest else [])


def _minutes(minute: int) -> list[str]:
    if minute == 0:
        return []
    return ["number.oh", f"number.{minute}"] if minute < 10 else cardinal(minute, WORDS)
