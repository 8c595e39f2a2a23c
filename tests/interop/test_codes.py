"""Service codes, dialled on phones that nobody here wrote, and heard (features 2.1)."""

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from softswitch.control import SOCKET_NAME, ask
from tests.support.audio import RATE, Samples, heard_tone, read_wav, write_tone
from tests.support.phones import Phone, PhoneCall
from tests.support.switch import Switch

PROMPTS = Path(__file__).parents[2] / "conf" / "prompts" / "en"
ALIKE = 0.85
"""Of prompts and what a phone hears of them: 1 is the same. G.711 and resampling lie between."""
LOUD = 300
TRIES = 3
PIECE = 2400
"""Samples: 0.3 s, a syllable or two."""

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

LEFT = 0.15
"""Seconds before the end that a recording stops: the switch hangs up then, and phones lose it."""
BUSY = 440.0
"""Hz: the greeting of 103 when it is busy."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    greeting = write_tone(folder / "busy.wav", BUSY, 0.6).name
    mailbox = {"greeting": {"file": greeting, "use_for": ["busy"]}}
    with Switch(
        folder,
        user={"ring_time": "2s", "forward": {"return_after": "3s"}},
        each={"103": {"voicemail": mailbox | {"enabled": True}}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[dict[str, Phone]]:
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as one,
        Phone("baresip", switch.sip, "101", switch.password("101")) as two,
        Phone("pjsua2", switch.sip, "102", switch.password("102")) as three,
        Phone("baresip", switch.sip, "103", switch.password("103")) as four,
    ):
        switched_on = {phone.extension: phone for phone in (one, two, three, four)}
        for phone in switched_on.values():
            phone.register()
        yield switched_on


def check_heard(phone: Phone, code: str, folder: Path, *names: str) -> None:
    """Dial a code, and hear these prompts until the switch hangs up. Who could not listen because
    the machine was busy dials again: it is the same code, and the same answer."""
    for _ in range(TRIES):
        call = phone.dial(code)
        heard = listened(call, folder, names)
        assert call.ended().status < 300  # FC-3: hung up, not refused
        if is_said(heard, names):
            return
    raise AssertionError(f"{code}: not heard in {TRIES} calls: {names}")


def listened(call: PhoneCall, folder: Path, names: Sequence[str]) -> Samples:
    """What is heard while these prompts should be."""
    call.wait("answered")
    call.record(folder / "heard.wav")
    seconds = sum(soundfile.info(PROMPTS / f"{name}.ogg").duration for name in names)
    time.sleep(seconds - LEFT)
    call.stop_recording()
    return read_wav(folder / "heard.wav")


def dialled(phone: Phone, code: str) -> None:
    """Without listening to the end."""
    call = phone.dial(code)
    call.wait("answered")
    call.hangup()
    call.ended()


def is_said(heard: Samples, names: Sequence[str]) -> bool:
    """These prompts one after the other, but for what was over when the recording began, and what
    a phone on a busy machine has lost: piece by piece, most are what was said at some place."""
    clips = [soundfile.read(PROMPTS / f"{name}.ogg") for name in names]
    said = np.concatenate([soxr.resample(samples, rate, RATE) for samples, rate in clips])
    (loud,) = np.nonzero(np.abs(heard.astype(np.int32)) > LOUD)
    key = heard[loud[0] : loud[-1]].astype(np.float64) if len(loud) else np.zeros(0)
    if len(key) < len(said) / 2:
        return False
    pieces = [key[start : start + PIECE] for start in range(0, len(key) - PIECE, PIECE)]
    return bool(np.median([alike(piece, said) for piece in pieces]) > ALIKE)


def alike(piece: Floats, said: Floats) -> float:
    """How much like the place that is most like it; 1 is the same."""
    products = np.correlate(said, piece, "valid")
    windows = np.convolve(said**2, np.ones(len(piece)), "valid")
    return float(np.max(products / np.sqrt(windows * np.sum(piece**2) + 1e-9)))


def test_a_forward_is_confirmed_and_used(phones: dict[str, Phone], tmp_path: Path) -> None:  # FC-3
    number = ("number.1", "number.0", "number.2")
    said = ("code.forward_no_answer", "code.to_number", *number)
    check_heard(phones["101"], "*92102", tmp_path, *said)
    outgoing = phones["100"].dial("101")
    phones["101"].incoming().ended()
    forwarded = phones["102"].incoming()
    forwarded.answer()
    outgoing.wait("answered")
    outgoing.hangup()
    forwarded.ended()
    dialled(phones["101"], "##002%23")


@pytest.mark.parametrize("code", ["*67*102%23", "*67*102#", "*67*102", "*90102"])
@pytest.mark.parametrize("who", ["100", "101"])
def test_the_hash_comes_in_three_ways(
    phones: dict[str, Phone], switch: Switch, who: str, code: str
) -> None:  # FC-2
    dialled(phones[who], code)
    switch.wait_for_log(f"{who} forward.busy: 102, set by phone {code[:3]}")
    dialled(phones[who], "%2367%23")
    switch.wait_for_log(f"{who} forward.busy: off, set by phone #67")


def test_a_number_that_is_missing_is_asked_for(
    phones: dict[str, Phone], switch: Switch, tmp_path: Path
) -> None:
    call = phones["101"].dial("*72")
    listened(call, tmp_path, ["code.which_number"])
    call.send_digits("103#")
    switch.wait_for_log("101 forward.always: 103, set by phone *72 by 101")
    call.hangup()
    call.ended()
    outgoing = phones["100"].dial("101")
    phones["103"].incoming()
    outgoing.hangup()
    outgoing.ended()
    dialled(phones["101"], "*73")


def test_what_cannot_be_is_refused_in_words(
    phones: dict[str, Phone], tmp_path: Path
) -> None:  # FC-1, FC-3
    check_heard(phones["101"], "*72555", tmp_path, "code.no_such_number")
    check_heard(phones["100"], "*72100", tmp_path, "code.own_number")


def test_do_not_disturb_is_busy(phones: dict[str, Phone], tmp_path: Path) -> None:  # DND-1
    check_heard(phones["101"], "*78", tmp_path, "code.dnd_on")
    assert phones["100"].dial("101").ended().status == 486
    assert not phones["101"].rings()
    dialled(phones["101"], "*79")
    outgoing = phones["100"].dial("101")
    phones["101"].incoming()
    outgoing.hangup()
    outgoing.ended()


def test_do_not_disturb_has_the_greeting_of_the_busy(
    phones: dict[str, Phone], tmp_path: Path
) -> None:  # DND-1
    dialled(phones["103"], "*76")
    call = phones["100"].dial("103")
    call.wait("answered")
    call.record(tmp_path / "heard.wav")
    time.sleep(1.2)
    call.stop_recording()
    call.hangup()
    call.ended()
    assert heard_tone(tmp_path / "heard.wav", BUSY) == pytest.approx(0.6, abs=0.1)
    assert not phones["103"].rings()
    dialled(phones["103"], "*76")


def test_call_waiting_is_told_to_the_phone(phones: dict[str, Phone]) -> None:  # CW-1, CW-2
    first = phones["102"].dial("100")
    talking = phones["100"].incoming()
    assert "call-waiting" not in talking.headers
    talking.answer()
    first.wait("answered")
    second = phones["101"].dial("100")
    waiting = phones["100"].incoming()
    assert "Alert-Info: <urn:alert:service:call-waiting>" in waiting.headers
    second.hangup()
    second.ended()
    waiting.ended()
    first.hangup()
    talking.ended()


def test_without_call_waiting_a_second_call_hears_busy(phones: dict[str, Phone]) -> None:  # CW-1
    dialled(phones["101"], "%2343%23")
    first = phones["100"].dial("101")
    ringing = phones["101"].incoming()
    assert phones["102"].dial("101").ended().status == 486  # CW-2: while it rings, too
    ringing.answer()
    first.wait("answered")
    assert phones["102"].dial("101").ended().status == 486
    first.hangup()
    ringing.ended()
    dialled(phones["101"], "*43")


def test_what_was_set_survives_a_power_cut(tmp_path: Path) -> None:  # FC-4, features 4.4
    each = {"101": {"forward": {"no_answer": "102"}}}
    with Switch(tmp_path, users=("100", "101", "102"), each=each) as switch:
        phone = Phone("baresip", switch.sip, "101", switch.password("101"))
        phone.register()
        dialled(phone, "*92100")
        dialled(phone, "*78")
        switch.wait_for_log("101 dnd: on")
        switch.kill()
        phone.kill()
        kept = switch.command("show", "101")  # without a switch, from what it has kept
        check_shown(kept)
        switch.start()
        assert switch.command("show", "101") == kept
        with Phone("pjsua2", switch.sip, "100", switch.password("100")) as caller:
            caller.register()
            assert caller.dial("101").ended().status == 486
        switch.stop()
        # The administrator speaks later, of one of the two.
        text = switch.file.read_text()
        switch.file.write_text(text.replace("no_answer: '102'", "no_answer: '101'"))
        switch.start()
        assert "101 forward.no_answer: user's 100 replaced by 101 from switch.yaml:" in switch.log()
        dropped = switch.command("reset", "101", "all")
        assert dropped == "101 dnd: on, set by phone *78 by 101\n"
        now = ask(switch.file.parent / "state" / SOCKET_NAME, "settings", user="101")
        origins = {line["key"]: line["origin"] for line in now["settings"]}
        assert origins["forward.no_answer"].startswith("switch.yaml:")
        assert origins["dnd"] == "default"


def check_shown(text: str) -> None:
    assert re.fullmatch(r"101 User 101 +value +origin", text.splitlines()[0])
    value, origin = shown(text, "forward.no_answer")
    assert value == "100"
    when = r"20\d\d-\d\d-\d\d \d\d:\d\d"
    line = rf"phone \*92 by 101, {when}   \(YAML: 102, line \d+\)"
    assert re.fullmatch(line, origin)
    value, origin = shown(text, "dnd")
    assert value == "on"
    assert re.fullmatch(rf"phone \*78 by 101, {when}   \(default: off\)", origin)


def shown(text: str, key: str) -> list[str]:
    """Value and origin, as `softswitch show 101` prints them."""
    rows = [row.split(maxsplit=2) for row in text.splitlines()]
    (found,) = [row[1:] for row in rows if row[0] == key]
    return found
