"""Spanish: numbers up to 29 are one word, "un" before a noun, the hour has an article."""

from softswitch.mailbox.phrases import LocalTime, cardinal

WORDS = frozenset({*range(30), *range(30, 100, 10)})
"""Numbers that are one word."""

MASCULINE = {1: "number.1.masculine", 21: "number.21.masculine"}
"""Before a masculine noun, uno loses its last vowel."""


class Spanish:
    """See the module."""

    def messages(self, count: int, kind: str) -> list[str]:
        """ "Ningún mensaje nuevo", "un mensaje nuevo", "dos mensajes nuevos"."""
        if count == 0:
            return ["number.no", f"messages.{kind}.one"]
        form = "one" if count == 1 else "many"
        return [*masculine(count), f"messages.{kind}.{form}"]

    def and_(self) -> list[str]:
        """Between two counts."""
        return ["word.and"]

    def day(self, local: LocalTime) -> list[str]:
        """ "El lunes seis de agosto"; the first of a month is "primero"."""
        day = ["day.1"] if local.day == 1 else cardinal(local.day, WORDS, "word.and")
        return [f"weekday.{local.weekday}", *day, f"month.{local.month}"]

    def seconds(self, count: int) -> list[str]:
        """ "Veinticinco segundos"."""
        return [*masculine(count), f"code.seconds.{'one' if count == 1 else 'many'}"]

    def time(self, local: LocalTime) -> list[str]:
        """ "A las quince y diecinueve"; the full hour alone."""
        hour = [f"hour.{local.hour}"]
        if local.minute == 0:
            return hour
        return [*hour, "word.and", *cardinal(local.minute, WORDS, "word.and")]


def masculine(count: int) -> list[str]:
    """A number from 1 to 999 before a masculine noun."""
    hundreds, rest = divmod(count, 100)
    if not rest:
        return [f"number.{count}"]
    said = []
    if hundreds:
        said.append("number.hundred.and" if hundreds == 1 else f"number.{hundreds * 100}")
    if rest in MASCULINE:
        return [*said, MASCULINE[rest]]
    if rest % 10 == 1 and rest > 30:
        return [*said, f"number.{rest - 1}", "word.and", MASCULINE[1]]
    return said + cardinal(rest, WORDS, "word.and")
