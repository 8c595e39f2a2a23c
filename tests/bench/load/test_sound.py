"""The generator in C, with phones that send to each other, without a switch."""

import time
from shutil import which

import pytest

from bench.load.sound import RTP_PORT, SoundFailed, phone_of, sound

pytestmark = pytest.mark.process


def test_each_leg_has_a_phone_of_its_own() -> None:
    assert (phone_of(0), phone_of(255), phone_of(256)) == ("127.1.0.1", "127.1.1.0", "127.1.1.1")


@pytest.mark.skipif(which("gcc") is None, reason="needs gcc")
def test_what_phones_send_each_other_is_counted_and_timed_and_strangers_are_told() -> None:
    marks: list[str] = []
    with sound() as generator:
        for one, other in ((0, 1), (1, 0), (2, 3), (3, 2), (4, 5)):
            generator.add(one, (phone_of(other), RTP_PORT), stamped=True)
        time.sleep(0.1)
        generator.add(6, (phone_of(0), RTP_PORT), stamped=True)
        generator.add(7, (phone_of(1), RTP_PORT), stamped=False)
        generator.remove(7)
        seen = generator.measure(
            0.2, time.sleep, lambda: marks.append("begin"), lambda: marks.append("end")
        )
    assert marks == ["begin", "end"]
    assert (seen["streams"], seen["silent"]) == (6, 2)
    assert seen["heard"] == pytest.approx(seen["sent"] * 4 / 6, abs=5)
    assert seen["misrouted"] > 5
    assert seen["delay_p50_us"] < 5000


def test_without_gcc_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SoundFailed, match="apt install gcc"), sound():
        raise AssertionError
