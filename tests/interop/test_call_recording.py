"""Calls that are recorded: what each phone said is on its side of the file (REC-1, REC-2)."""

import json
import re
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from softswitch.media.codecs.g711 import LAWS
from softswitch.media.wave import HEADER_SIZE, read
from tests.support.audio import RATE, Samples, known_sound, write_wav, wrong_samples
from tests.support.conversation import connected
from tests.support.phones import Phone
from tests.support.switch import Switch

SECONDS = 1.2
LOST = 0.05
"""Share of samples that a busy machine may cost a phone's clock."""
INDEXED = 5.0


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    with Switch(
        tmp_path_factory.mktemp("switch"),
        users=("100", "101", "102"),
        each={"101": {"record": "inbound"}, "102": {"record": "on_demand"}},
    ) as running:
        yield running


def recorded(switch: Switch, callee: str) -> tuple[dict[str, str], Samples, Samples]:
    """What the index knows of the one recording of this user's calls, and both sides of it."""
    end = time.monotonic() + INDEXED
    rows: list[dict[str, str]] = []
    while not rows:
        assert time.monotonic() < end, switch.log()[-2000:]
        time.sleep(0.2)
        everything = json.loads(switch.command("show", "recordings", "--json"))
        rows = [row for row in everything if row["callee"] == callee]
    (row,) = rows
    octets = (switch.file.parent / "state" / "recordings" / row["file"]).read_bytes()
    assert sha256(octets).hexdigest() == row["sha256"]
    layout = read(octets)
    assert layout is not None
    assert layout == ("PCMU", RATE, 2)
    samples = LAWS["PCMU"].decode(np.frombuffer(octets[HEADER_SIZE:], np.uint8))
    return row, samples[::2].astype(np.int16), samples[1::2].astype(np.int16)


def silence(side: Samples) -> float:
    """Seconds in which nothing is on it."""
    frames = np.abs(side[: len(side) // 160 * 160].reshape(-1, 160).astype(int)).max(axis=1)
    return float((frames < 16).sum()) * 0.02


def test_a_call_is_recorded_in_stereo_and_in_one_file_through_hold(
    switch: Switch, tmp_path: Path
) -> None:
    """REC-1, REC-2: caller on the left, who answers on the right, with a time line that is true."""
    first, second = known_sound(SECONDS, seed=1), known_sound(SECONDS, seed=2)
    answer, later = known_sound(SECONDS, seed=3), known_sound(SECONDS, seed=4)
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101")) as other,
    ):
        one.register()
        other.register()
        with connected(one, other, "101") as (caller, callee):
            time.sleep(0.3)
            caller.play(write_wav(tmp_path / "first.wav", first))
            callee.play(write_wav(tmp_path / "answer.wav", answer))
            time.sleep(SECONDS + 0.4)
            caller.hold()
            switch.wait_for_state("held")
            time.sleep(1.0)
            caller.resume()
            switch.wait_for_state("talking")
            time.sleep(0.2)
            caller.play(write_wav(tmp_path / "second.wav", second))
            callee.play(write_wav(tmp_path / "later.wav", later))
            time.sleep(SECONDS + 0.4)
    row, left, right = recorded(switch, "101")
    name = r"\d{4}-\d\d-\d\d_\d{6}_100_101_" + row["call_id"] + r"\.wav"
    assert re.fullmatch(name, row["file"])
    for said, side in ((first, left), (second, left), (answer, right), (later, right)):
        assert wrong_samples(said, side) <= LOST * len(said)
    assert float(row["seconds"]) > 2 * SECONDS + 1.5
    assert silence(left) > 1.0


def test_star_one_records_what_is_said_between(switch: Switch, tmp_path: Path) -> None:
    """REC-1: on_demand."""
    before, between = known_sound(SECONDS, seed=5), known_sound(SECONDS, seed=6)
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "102", switch.password("102")) as other,
    ):
        one.register()
        other.register()
        with connected(one, other, "102") as (caller, callee):
            caller.play(write_wav(tmp_path / "before.wav", before))
            time.sleep(SECONDS + 0.3)
            callee.send_digits("*1")
            switch.wait_for_log("recording begun by 102")
            time.sleep(0.6)
            caller.play(write_wav(tmp_path / "between.wav", between))
            time.sleep(SECONDS + 0.3)
            callee.send_digits("*1")
            switch.wait_for_log("recording ended by 102")
    _, left, _ = recorded(switch, "102")
    assert wrong_samples(between, left) <= LOST * len(between)
    assert wrong_samples(before, left) == len(before)
