"""Who calls whom, and the scenario that leaves calls up."""

from bench.phones import HANG_UP, pairs_of
from bench.sipp import SCENARIOS


def test_each_of_the_first_half_calls_one_of_the_second() -> None:
    assert pairs_of(4) == [(1000, "1002"), (1001, "1003")]


def test_a_last_extension_without_a_partner_stays_alone() -> None:
    assert pairs_of(3) == [(1000, "1001")]


def test_the_caller_can_be_cut_between_answer_and_hang_up() -> None:
    before, mark, after = (SCENARIOS / "caller.xml").read_text().partition(HANG_UP)
    assert mark
    assert "BYE [next_url]" not in before
    assert before.count("ACK [next_url]") == 1
    assert "BYE [next_url]" in after
