"""What the E-model makes of delay and loss."""

from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.quality import mos, opinion


def test_a_perfect_call_scores_what_g711_can() -> None:  # RTP-10
    assert round(mos(0.0, 0.0, 1.0, "PCMA"), 2) == 4.41


def test_loss_costs_more_when_it_comes_in_runs() -> None:
    spread = mos(0.02, 0.03, 1.0, "PCMU")
    assert 3.9 < spread < 4.3
    assert mos(0.02, 0.03, 3.0, "PCMU") < spread


def test_codecs_bear_loss_differently() -> None:
    scores = [mos(0.02, 0.05, 1.0, codec) for codec in ("OPUS", "PCMU", "G722", "GSM", "NEW")]
    assert scores[0] > scores[1] > scores[2] > scores[3]
    assert scores[4] < scores[1]


def test_delay_is_felt_from_about_a_fifth_of_a_second() -> None:
    assert mos(0.15, 0.0, 1.0, "PCMA") > 4.3
    assert mos(0.4, 0.0, 1.0, "PCMA") < 3.7


def test_a_rating_beyond_the_scale_is_its_end() -> None:
    assert (opinion(-5.0), opinion(0.0), opinion(100.0), opinion(1000.0)) == (1.0, 1.0, 4.5, 4.5)
    assert opinion(3.0) == 1.0  # the curve dips below 1 there


@given(st.floats(-1, 1e9), st.floats(-1, 2), st.floats(0, 1e6), st.sampled_from(["OPUS", "X"]))
@settings(max_examples=60)
def test_every_score_is_on_the_scale(delay: float, loss: float, ratio: float, codec: str) -> None:
    assert 1.0 <= mos(delay, loss, ratio, codec) <= 4.5
