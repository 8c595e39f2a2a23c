"""A message is what was said, octet by octet: no greeting and no beep in it, and as long.

The phone here sends each packet itself, so that it is known which octets there were.
"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.load.dialogs import Outgoing, State
from bench.load.office import Office
from bench.load.sound import RTP_PORT, phone_of
from bench.switch import Switch as Target
from softswitch.media import wave
from softswitch.media.rtp import build
from tests.support.audio import write_tone
from tests.support.switch import Switch

CALLER, OWNER = 1000, 1020
GREETED, BEEPED = 0.4, 0.4
FRAME, OCTETS = 0.02, 160
QUIET = 0.3
"""Seconds between the beep and the first word."""
SAID = 100
"""Packets: two seconds."""
SILENCE = {0: b"\xff", 8: b"\xd5"}
"""By payload type: PCMU, PCMA."""
ENCODINGS = {0: "PCMU", 8: "PCMA"}


class Mouth:
    """What the office tells where to speak."""

    pid = 0

    def __init__(self) -> None:
        self.places: dict[int, tuple[str, int]] = {}

    def add(self, leg: int, place: tuple[str, int], *, stamped: bool) -> None:
        self.places[leg] = place

    def remove(self, leg: int) -> None:
        """The test has stopped by itself."""


@pytest.fixture(scope="module", params=["epoll", "auto"])
def switch(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "greeting.wav", 440.0, GREETED)
    box = {"enabled": "on", "greeting": "greeting.wav", "min_message": "1s"}
    each: dict[str, dict[str, object]] = {
        str(CALLER): {"password": f"pw{CALLER}"},
        str(OWNER): {"password": f"pw{OWNER}", "voicemail": box},
    }
    with Switch(folder, users=each, each=each, backend=request.param) as running:
        yield running


def said(number: int) -> bytes:
    """No two packets are the same, and none is like silence or a tone."""
    return bytes((number * 37 + octet * 11) % 0x70 for octet in range(OCTETS))


def speak(office: Office, call: Outgoing, place: tuple[str, int], kind: int) -> float:
    """Silence while the switch greets, then all that is said; when the last packet left."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind((phone_of(call.leg), RTP_PORT))
        before = round((GREETED + BEEPED + 2 * QUIET) / FRAME)
        began = time.monotonic()
        for number in range(before + SAID):
            sound = SILENCE[kind] * OCTETS if number < before else said(number - before)
            mouth.sendto(build(kind, 65_500 + number & 0xFFFF, OCTETS * number, 7, sound), place)
            office.wait(began + FRAME * (number + 1) - time.monotonic())
    return time.monotonic()


@pytest.mark.parametrize("kind", [0, 8], ids=["PCMU", "PCMA"])
def test_a_message_is_what_was_said_octet_by_octet(
    switch: Switch, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:  # VM-1, VM-3, VM-10
    if kind == 8:
        plain = "bench.load.dialogs.description"
        known = __import__("bench.load.requests", fromlist=["description"]).description
        monkeypatch.setattr(
            plain,
            lambda leg: known(leg).replace("AVP 0 101", "AVP 8 101").replace("0 PCMU", "8 PCMA"),
        )
    mouth = Mouth()
    target = Target(*switch.address, None, 0)  # type: ignore[arg-type]
    office = Office(target, mouth)  # type: ignore[arg-type]
    folder = switch.file.parent / "state" / "voicemail" / str(OWNER)
    before = set(folder.glob("*.wav"))
    try:
        call = office.call(CALLER, OWNER)
        office.wait(3.0, lambda: call.state is not State.ASKING)
        assert call.state is State.UP
        speak(office, call, mouth.places[call.leg], kind)
        office.hang_up(call)
        office.wait(3.0, lambda: call.state is State.DONE)
        office.wait(3.0, lambda: bool(set(folder.glob("*.wav")) - before))
    finally:
        office.close()
    (file,) = set(folder.glob("*.wav")) - before
    check(file, kind)


def check(file: Path, kind: int) -> None:
    """Silence, then what was said, then at most a frame until the phone hung up."""
    data = file.read_bytes()
    layout = wave.read(data)
    assert layout is not None
    assert layout.encoding == ENCODINGS[kind]
    sound = data[wave.HEADER_SIZE :]
    words = b"".join(map(said, range(SAID)))
    begins = sound.find(words[:OCTETS])
    assert sound[begins : begins + len(words)] == words, "each octet, in its place"
    assert set(sound[:begins]) <= set(SILENCE[kind]), "neither greeting nor beep"
    after = len(sound) - begins - len(words)
    assert after <= OCTETS, f"{after} octets came after the last word"
    assert set(sound[begins + len(words) :]) <= set(SILENCE[kind])
