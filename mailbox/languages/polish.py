"""Polish: three plurals, feminine one and two, hours and days as ordinals."""

from softswitch.mailbox.phrases import LocalTime, cardinal

WORDS = frozenset({*range(21), *range(30, 100, 10)})
"""Numbers that are one word."""

FEMININE = {1: "number.1.feminine", 2: "number.2.feminine"}
"""Wiadomość is feminine; only a lone one has a feminine, but every two."""


class Polish:
    """See the module."""

    def messages(self, count: int, kind: str) -> list[str]:
        """ "Jedna nowa wiadomość", "dwie nowe wiadomości", "pięć nowych wiadomości"."""
        amount = ["number.no"] if count == 0 else feminine(count)
        return [*amount, f"messages.{kind}.{plural(count)}"]

    def and_(self) -> list[str]:
        """Between two counts."""
        return ["word.and"]

    def day(self, local: LocalTime) -> list[str]:
        """ "W poniedziałek, szóstego sierpnia"."""
        return [f"weekday.{local.weekday}", f"day.{local.day}", f"month.{local.month}"]

    def seconds(self, count: int) -> list[str]:
        """ "Dwadzieścia pięć sekund"."""
        return [*feminine(count), f"code.seconds.{plural(count)}"]

    def time(self, local: LocalTime) -> list[str]:
        """ "O piętnastej dziewiętnaście"; "zero pięć", and nothing for the full hour."""
        hour, minute = [f"hour.{local.hour}"], local.minute
        if minute == 0:
            return hour
        if minute < 10:
            return [*hour, "number.0", f"number.{minute}"]
        return hour + cardinal(minute, WORDS)


def plural(count: int) -> str:
    """Which plural a number asks for: two to four of every ten but the teens are few."""
    if count == 1:
        return "one"
    few = 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14
    return "few" if few else "many"


def feminine(count: int) -> list[str]:
    """A number from 1 to 999 before a feminine noun."""
    if count == 1:
        return [FEMININE[1]]
    hundreds, rest = divmod(count, 100)
    said = [f"number.{hundreds * 100}"] if hundreds else []
    if not rest:
        return said
    words = cardinal(rest, WORDS)
    if rest % 10 == 2 and rest != 12:
        words[-1] = FEMININE[2]
    return said + words
