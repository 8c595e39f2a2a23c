"""What is said at one end is heard at the other, sample by sample, in both directions at once.

The sound consists of values that µ-law can express, and every buffer of the phones is of a fixed
length: what differs by a single sample would have been changed by the switch.
"""

from pathlib import Path

import pytest

from tests.support.audio import known_sound, read_wav, write_wav, wrong_samples
from tests.support.conversation import Heard, check_both_hear, connected
from tests.support.phones import Phone
from tests.support.switch import Switch

SECONDS = 2.0
LOST_TO_A_BUSY_MACHINE = 0.02
"""Share of samples that a late packet may cost a phone with a fixed buffer: 40 ms of two seconds.
The claim that the relay changes no octet is made in test_relay.py, without a phone's clock."""


@pytest.mark.parametrize(
    ("caller", "callee"),
    [("pjsua2", "pjsua2"), ("pjsua2", "baresip"), ("baresip", "pjsua2"), ("baresip", "baresip")],
)
def test_both_hear_what_the_other_plays(
    switch: Switch, tmp_path: Path, caller: str, callee: str
) -> None:
    from_caller, from_callee = known_sound(SECONDS, seed=1), known_sound(SECONDS, seed=2)
    allowed = LOST_TO_A_BUSY_MACHINE * len(from_caller)

    def check(heard: Heard) -> None:
        assert wrong_samples(from_caller, read_wav(heard.by_callee)) <= allowed
        assert wrong_samples(from_callee, read_wav(heard.by_caller)) <= allowed

    with (
        Phone(caller, switch.sip, "100", switch.password("100")) as one,
        Phone(callee, switch.sip, "101", switch.password("101")) as other,
    ):
        one.register()
        other.register()
        said = (
            write_wav(tmp_path / "one.wav", from_caller),
            write_wav(tmp_path / "two.wav", from_callee),
        )
        with connected(one, other, "101") as call:
            check_both_hear(call, said, SECONDS, check)
