"""The table of memory."""

from bench.accounting import Memory
from bench.memory import FIRST_CALLS, FIRST_PHONES, Growth, growth, row, table


def test_growth_is_told_for_both_kinds_of_process() -> None:
    assert growth(Memory(100, 10), Memory(150, 30)) == Memory(50, 20)


def test_a_row_has_the_sum_and_the_spread() -> None:
    figures = [Memory(100, 10), Memory(200, 20), Memory(300, 30)]
    line = row("calls", figures, "kB each", 10, 1)
    assert line == "| calls | 10.0-20.0-30.0 | 1.0-2.0-3.0 | 11.0-22.0-33.0 | kB each |"


def test_the_first_phones_and_calls_are_told_apart_from_the_others() -> None:
    grown = Growth(
        idle=Memory(0, 0),
        few_phones=Memory(9 * FIRST_PHONES, 0),
        phones=Memory(9 * FIRST_PHONES + 2 * 100, 0),
        few_calls=Memory(9 * FIRST_PHONES + 2 * 100 + 8 * FIRST_CALLS, 0),
        calls=Memory(9 * FIRST_PHONES + 2 * 100 + 8 * FIRST_CALLS + 3 * 10, 5 * 10),
    )
    text = table([Memory(0, 0)], [grown], 100, 10)
    assert f"| first {FIRST_PHONES} phones | 9.0 | 0.0 | 9.0 | kB each |" in text
    assert "| 100 phones more | 2.0 | 0.0 | 2.0 | kB each |" in text
    assert f"| first {FIRST_CALLS} calls up | 8.0 | 0.0 | 8.0 | kB each |" in text
    assert "| 10 calls more up | 3.0 | 5.0 | 8.0 | kB each |" in text
