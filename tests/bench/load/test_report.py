"""Tables from lines of JSON."""

import json

import pytest

from bench.load.report import TABLES, NotAResult, report, rows_in
from bench.load.window import Row


def calls(switch: str, cpu: float, *, load: int = 50, disturbed: bool = False) -> Row:
    return {
        "switch": switch, "test": "calls", "load": load, "cpu_ms_each": cpu,
        "disturbed": disturbed, "searching": False,
    }  # fmt: skip


def test_switches_stand_side_by_side() -> None:
    text = report([calls("ours", 1.0), calls("other", 3.0), calls("ours", 2.0)])
    assert "### Calls without media" in text
    assert "| per second |  | ours | other |" in text
    assert "| 50 | CPU ms each | 1.00-1.50-2.00 | 3.00 |" in text


def test_disturbed_runs_count_only_where_there_are_no_others() -> None:
    both = [calls("ours", 1.0), calls("ours", 9.0, disturbed=True)]
    assert "| 50 | CPU ms each | 1.00 |" in report(both)
    assert "| 50 | CPU ms each | ~9.00 |" in report(both[1:])


def test_what_was_not_measured_leaves_its_cell_empty() -> None:
    text = report([calls("ours", 1.0), calls("other", 3.0, load=100)])
    assert "| 50 | CPU ms each | 1.00 |  |" in text
    assert "| 100 | CPU ms each |  | 3.00 |" in text
    assert "p99" not in text


def test_what_a_search_has_found_is_the_last_line() -> None:
    found: Row = {"switch": "ours", "test": "calls-most", "most": 500.0, "too_much": 540.0}
    trial = calls("ours", 5.0, load=540) | {"searching": True}
    text = report([calls("ours", 1.0), trial, found])
    assert text.rstrip().endswith("| most | per second | 500 (not 540) |")
    assert "| 540 |" not in text
    assert "| 800 |" in report([found | {"most": 800.0, "too_much": 0.0}])


def test_no_rows_are_no_tables() -> None:
    assert report([]) == ""


def test_every_measurement_has_a_table() -> None:
    rows = [{"switch": "x", "test": t, "load": 1, "disturbed": False} for t in TABLES]
    figures = {figure.key: 1.0 for table in TABLES.values() for figure in table.figures}
    text = report([row | figures for row in rows])
    assert text.count("###") == len(TABLES)


def test_lines_of_json_come_back_as_rows() -> None:
    row = calls("ours", 1.0)
    assert rows_in(json.dumps(row) + "\n") == [row]


@pytest.mark.parametrize("line", ["{", "7", "{}", '{"test": "fax", "switch": "x"}', '{"test": 1}'])
def test_other_lines_are_refused_with_their_number(line: str) -> None:
    with pytest.raises(NotAResult, match="line 2"):
        rows_in(json.dumps(calls("ours", 1.0)) + "\n" + line)
