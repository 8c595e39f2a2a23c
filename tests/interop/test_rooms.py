"""Conference rooms, with phones that nobody here wrote: who hears whom (CF-1 to CF-3)."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from softswitch.control import SOCKET_NAME, ask
from tests.support.audio import RATE, Samples, read_wav, write_wav
from tests.support.phones import Phone, PhoneCall
from tests.support.switch import Switch

SECONDS = 1.4
"""Of what is recorded of each."""
PIN = "4711"
TONES = {"100": 500.0, "101": 900.0, "102": 1400.0}
"""Hz of who says what: none is a harmonic of another, nor of the tones of the room."""
STACKS = {"100": "pjsua2", "101": "baresip", "102": "pjsua2"}
HEARD, UNHEARD = 1e6, 1e3
"""Energy of a tone that is in what is heard, and of one that is not: 30 dB lie between."""

STALE = RATE // 10
"""Samples at the beginning: pjsua2 has some left of what it recorded before."""
LOUD = 500
"""A sample of words or music."""


def syllables(frequency: float, seconds: float) -> Samples:
    """A tone that swells and fades like a voice."""
    time_line = np.arange(int(RATE * seconds)) / RATE
    swell = np.abs(np.sin(2 * np.pi * 1.5 * time_line))
    wave = 6000 * swell * np.sin(2 * np.pi * frequency * time_line)
    said: Samples = np.rint(wave).astype(np.int16)
    return said


def heard_by(path: Path) -> set[str]:
    """Those who are heard; it is clear of everybody whether or not."""
    sound = read_wav(path)[STALE:].astype(float)
    energy = np.abs(np.fft.rfft(sound)) ** 2 / len(sound) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    levels = {
        user: float(energy[np.abs(frequencies - tone) < 20].sum()) for user, tone in TONES.items()
    }
    heard = {user for user, level in levels.items() if level > HEARD}
    assert all(levels[user] < UNHEARD for user in TONES.keys() - heard), levels
    return heard


def everybody_speaks(calls: dict[str, PhoneCall], folder: Path, name: str) -> dict[str, set[str]]:
    """All at once; whom each of them hears."""
    for user, call in calls.items():
        call.play(write_wav(folder / f"{user}.wav", syllables(TONES[user], SECONDS + 0.9)))
    time.sleep(0.5)
    for user, call in calls.items():
        call.record(folder / f"{name}-{user}.wav")
    time.sleep(SECONDS - 0.4)
    for call in calls.values():
        call.stop_recording()
    time.sleep(0.8)
    return {user: heard_by(folder / f"{name}-{user}.wav") for user in calls}


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    rooms = {"board": {"number": 800, "pin": PIN}, "open": {"number": 801}}
    with Switch(
        tmp_path_factory.mktemp("switch"),
        users=("100", "101", "102", "103"),
        each={"103": {"forward": {"always": "conference:board"}}},
        more={"conferences": rooms},
    ) as running:
        yield running


def test_three_in_a_room_hear_each_other_but_not_themselves(switch: Switch, tmp_path: Path) -> None:
    """CF-1, CF-2, CF-3: by number and by a forward; one mutes, one holds, one leaves."""
    with ExitStack() as stack:
        calls = {"100": comes(stack, switch, "100", "800")}
        calls["100"].record(tmp_path / "first.wav")
        for user, number in (("101", "800"), ("102", "103")):
            calls[user] = comes(stack, switch, user, number)
        calls["100"].stop_recording()
        assert np.abs(read_wav(tmp_path / "first.wav")).max() > LOUD
        time.sleep(0.6)
        everybody = everybody_speaks(calls, tmp_path, "together")
        assert everybody == {user: TONES.keys() - {user} for user in TONES}
        assert "100, 101, 102" in switch.command("show", "rooms")
        calls["101"].send_digits("1")
        calls["102"].hold()
        switch.wait_for_state("held")
        time.sleep(1.5)  # «you are muted»
        talking = {user: calls[user] for user in ("100", "101")}
        assert everybody_speaks(talking, tmp_path, "muted") == {"100": set(), "101": {"100"}}
        calls["102"].resume()
        calls["101"].send_digits("8")
        calls.pop("101").ended()
        assert everybody_speaks(calls, tmp_path, "left") == {"100": {"102"}, "102": {"100"}}
        hang_up(calls)
    assert PIN not in switch.log()
    assert members(switch) == []


def comes(stack: ExitStack, switch: Switch, user: str, number: str) -> PhoneCall:
    """A phone that is in the board's room."""
    phone = stack.enter_context(Phone(STACKS[user], switch.sip, user, switch.password(user)))
    phone.register()
    call = phone.dial(number)
    call.wait("answered")
    time.sleep(0.3)
    call.send_digits(f"{PIN}#")
    wait_for_members(switch, user)
    return call


def hang_up(calls: dict[str, PhoneCall]) -> None:
    for call in calls.values():
        call.hangup()
        call.ended()


def members(switch: Switch) -> list[str]:
    """Who is in the board's room."""
    row, _ = ask(switch.file.parent / "state" / SOCKET_NAME, "rooms")
    return [member["caller"] for member in row["members"]]


def wait_for_members(switch: Switch, user: str) -> None:
    end = time.monotonic() + 5.0
    while user not in (inside := members(switch)):
        assert time.monotonic() < end, inside
        time.sleep(0.02)
