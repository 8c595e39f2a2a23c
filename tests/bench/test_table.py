"""Figures with their spread, in Markdown."""

from bench.table import head, line, percentile, spread


def test_a_spread_is_the_lowest_the_middle_and_the_highest() -> None:
    assert spread([0.3, 0.1, 0.2]) == "0.10-0.20-0.30"


def test_figures_that_look_the_same_are_told_once() -> None:
    assert spread([1.01, 1.02], 1) == "1.0"


def test_a_table_has_a_line_under_its_titles() -> None:
    assert head(["a", "b"]) == "| a | b |\n| --- | --- |"
    assert line([1, "x"]) == "| 1 | x |"


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 51.0
    assert percentile(values, 0.99) == 100.0
    assert percentile([7.0], 0.99) == 7.0


def test_a_percentile_of_nothing_is_0() -> None:
    assert percentile([], 0.99) == 0.0
