"""Tables in Markdown, and figures with their spread."""

from collections.abc import Sequence
from statistics import median


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The lowest, the middle and the highest; one figure if they are the same."""
    figures = [f"{value:.{digits}f}" for value in (min(values), median(values), max(values))]
    return figures[0] if len(set(figures)) == 1 else "-".join(figures)


def line(cells: Sequence[object]) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def head(titles: Sequence[str]) -> str:
    """The first two lines of a table."""
    return f"{line(titles)}\n{line(['---'] * len(titles))}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
