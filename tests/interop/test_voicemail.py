"""Messages left by phones that nobody here wrote: what they hear, and what is kept of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.support.audio import (
    FRAME,
    RATE,
    Samples,
    heard_tone,
    known_sound,
    place_of,
    read_wav,
    write_tone,
    write_wav,
    wrong_samples,
)
from tests.support.phones import Phone, PhoneCall
from tests.support.switch import Switch

GREETING, GREETED = 440.0, 0.6
BEEP, BEEPED = 1000.0, 0.4
"""Hz and seconds."""
SPOKEN = 1.5
PIN = "2580"
MAILBOX = {"greeting": "greeting.wav", "pin": PIN, "min_message": "1s"}
MARGIN = 0.3
"""Seconds between the beep and the first word, and behind the last one."""
LOST_TO_A_BUSY_MACHINE = 0.04
"""Share of samples that a late packet may cost."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "greeting.wav", GREETING, GREETED)
    with Switch(
        folder,
        users=("100", "101", "102"),
        user={"ring_time": "1s", "voicemail": MAILBOX},
    ) as running:
        yield running


def messages(switch: Switch, mailbox: str) -> list[Path]:
    """The files of a mailbox, in the order in which they came."""
    files = (switch.file.parent / "state" / "voicemail" / mailbox).glob("*.wav")
    return sorted(files, key=lambda file: file.stat().st_mtime)


def speaks(call: PhoneCall, folder: Path, sound: Samples) -> None:
    """Hear the greeting and the beep, then say something."""
    call.wait("answered")
    call.record(folder / "heard.wav")
    time.sleep(GREETED + BEEPED + MARGIN)
    call.play(write_wav(folder / "said.wav", sound))
    time.sleep(SPOKEN + MARGIN)
    call.stop_recording()


def check_heard(folder: Path) -> None:
    assert heard_tone(folder / "heard.wav", GREETING) == pytest.approx(GREETED, abs=0.1)
    assert heard_tone(folder / "heard.wav", BEEP) == pytest.approx(BEEPED, abs=0.1)


def kept(switch: Switch, mailbox: str, count: int) -> Path:
    """The last message of a mailbox, which has so many."""
    end = time.monotonic() + 3.0
    while len(messages(switch, mailbox)) < count:
        assert time.monotonic() < end, switch.log()[-3000:]
        time.sleep(0.05)
    return messages(switch, mailbox)[-1]


def check_kept(file: Path, sound: Samples, until: float) -> None:
    """It is what was said, and nothing else; so many seconds came behind it."""
    # G.711 is kept as it came; in linear samples it can be compared.
    linear, rate = soundfile.read(file, dtype="int16")
    assert rate == RATE
    plain = write_wav(file.with_suffix(".linear"), linear)
    recorded = read_wav(plain)
    assert wrong_samples(sound, recorded) <= LOST_TO_A_BUSY_MACHINE * len(sound)
    assert heard_tone(plain, GREETING) == heard_tone(plain, BEEP) == 0.0
    begin = place_of(sound[:2000], recorded)
    assert begin is not None
    behind = len(recorded) - begin - len(sound)
    assert 0.0 <= behind / RATE <= until
    assert begin / RATE <= 2 * MARGIN
    assert not recorded[: begin - FRAME].any()


def test_a_message_is_left_when_nobody_answers(
    switch: Switch, tmp_path: Path
) -> None:  # S0-2, S0-7
    sound = known_sound(SPOKEN, seed=7)
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101")) as other,
    ):
        one.register()
        other.register()
        call = one.dial("101")
        other.incoming().ended()
        speaks(call, tmp_path, sound)
        call.hangup()
        call.ended()
    check_heard(tmp_path)
    check_kept(kept(switch, "101", 1), sound, 2 * MARGIN)
    assert "ended by caller, voicemail: caller hung up" in switch.log()


def test_the_hash_key_ends_the_message(switch: Switch, tmp_path: Path) -> None:  # VM-2, VM-3
    sound = known_sound(SPOKEN, seed=8)
    with Phone("baresip", switch.sip, "100", switch.password("100")) as phone:
        phone.register()
        call = phone.dial("*99102")
        speaks(call, tmp_path, sound)
        call.send_digits("#")
        call.ended()
    check_heard(tmp_path)
    check_kept(kept(switch, "102", 1), sound, 3 * MARGIN)


@pytest.mark.parametrize(
    ("stack", "number", "keys"),
    [
        ("pjsua2", "*98", f"{PIN}11"),
        ("baresip", "102", f"*#{PIN}#21"),  # S0-8 to S0-11: the own number, then as from outside
    ],
)
def test_the_owner_hears_what_was_said(
    switch: Switch, tmp_path: Path, stack: str, number: str, keys: str
) -> None:  # S0-12, VM-12: all keys typed ahead
    sound = known_sound(SPOKEN, seed=8)
    with Phone(stack, switch.sip, "102", switch.password("102")) as phone:
        phone.register()
        call = phone.dial(number)
        call.wait("answered")
        call.record(tmp_path / "heard.wav")
        call.send_digits(keys)
        time.sleep(0.2 * len(keys) + SPOKEN + 2.0)
        call.stop_recording()
        call.hangup()
        call.ended()
    wrong = wrong_samples(sound, read_wav(tmp_path / "heard.wav"))
    assert wrong <= LOST_TO_A_BUSY_MACHINE * len(sound)


def test_a_caller_who_hangs_up_at_the_beep_leaves_nothing(switch: Switch) -> None:  # VM-11
    with Phone("baresip", switch.sip, "100", switch.password("100")) as phone:
        phone.register()
        call = phone.dial("100")  # S0-8: the own number
        call.wait("answered")
        call.hangup()
        call.ended()
    assert messages(switch, "100") == []


def test_a_message_outlives_the_switch(tmp_path: Path) -> None:  # VM-6, G21
    sound = known_sound(SPOKEN, seed=9)
    (tmp_path / "calls").mkdir()
    write_tone(tmp_path / "greeting.wav", GREETING, GREETED)
    user = {"voicemail": MAILBOX}
    with Switch(tmp_path, users=("100", "101"), user=user) as switch:
        phone = Phone("baresip", switch.sip, "100", switch.password("100"))
        phone.register()
        speaks(phone.dial("101"), tmp_path / "calls", sound)
        switch.kill()
        phone.kill()
        switch.start()
        assert "mailbox 101: an interrupted message is kept" in switch.log()
        check_kept(kept(switch, "101", 1), sound, 2 * MARGIN)
