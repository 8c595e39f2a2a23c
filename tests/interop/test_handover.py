"""From a mailbox on to a person, and people who have to press 1 first: VM-2, FWD-7.

Callers, operators and mobiles are phones that nobody here wrote.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.test_transcoding import fidelity, recording
from tests.support.audio import (
    RATE,
    heard_tone,
    known_sound,
    read_wav,
    sounding,
    write_tone,
    write_wav,
    wrong_samples,
)
from tests.support.conversation import Heard, check_both_hear, speak_at_once
from tests.support.phones import Phone, PhoneCall
from tests.support.sound import speech
from tests.support.switch import Switch

GREETING, GREETED = 440.0, 1.0
RINGBACK, BEEP = 425.0, 1000.0
"""Hz and seconds."""
SPOKEN = 0.7
TRIES = 3
LOST_TO_A_BUSY_MACHINE = 0.02
"""Share of samples that a late packet may cost."""
DECIBELS = 25
"""Between what was said and all that was heard beside it, after a translation."""

MAILBOX = {"enabled": True, "greeting": "greeting.wav", "min_message": "1s", "operator": "102"}
MOBILE = {
    "always": {"to": "103", "confirm": True},
    "return_after": "2s",
    "return_to": "102",
}


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """The mailbox of 101 has an operator; calls for 104 are for a mobile that has to press 1."""
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "greeting.wav", GREETING, GREETED)
    with Switch(
        folder,
        users=("100", "101", "102", "103", "104", "105", "106"),
        user={"ring_time": "2s"},
        each={"101": {"voicemail": MAILBOX}, "104": {"forward": MOBILE}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch) -> Iterator[dict[str, Phone]]:
    """Two callers, an operator and a mobile, of two makes, registered."""
    with (
        switched_on(switch, "pjsua2", "100") as one,
        switched_on(switch, "baresip", "105") as two,
        switched_on(switch, "baresip", "102") as operator,
        switched_on(switch, "pjsua2", "103") as mobile,
    ):
        yield {"pjsua2": one, "baresip": two, "operator": operator, "mobile": mobile}


def switched_on(switch: Switch, stack: str, extension: str, **settings: str) -> Phone:
    phone = Phone(stack, switch.sip, extension, switch.password(extension), **settings)
    phone.register()
    return phone


def press_zero(caller: Phone, operator: Phone, folder: Path) -> tuple[PhoneCall, PhoneCall]:
    """The operator's phone rings for the caller, who hears that."""
    outgoing = caller.dial("101")
    outgoing.wait("answered")
    outgoing.record(folder / "ringback.wav")
    outgoing.send_digits("0")
    incoming = operator.incoming()
    assert caller.extension in incoming.caller
    time.sleep(0.8)
    outgoing.stop_recording()
    assert heard_tone(folder / "ringback.wav", RINGBACK) > 0.3
    return outgoing, incoming


def check_exactly(call: tuple[PhoneCall, PhoneCall], folder: Path, seed: int) -> None:
    """Both hear the other, sample by sample; on a busy machine perhaps not at once."""
    for again in range(TRIES):
        sounds = [known_sound(SPOKEN, seed + 10 * again + who) for who in (0, 1)]
        said = [write_wav(folder / f"{seed}-{again}-{who}.wav", sounds[who]) for who in (0, 1)]
        heard = speak_at_once(call, (said[0], said[1]), SPOKEN)
        recorded = read_wav(heard.by_callee), read_wav(heard.by_caller)
        wrong = [wrong_samples(*pair) for pair in zip(sounds, recorded, strict=True)]
        if max(wrong) <= LOST_TO_A_BUSY_MACHINE * SPOKEN * RATE:
            return
    raise AssertionError(f"{wrong} samples were not heard as they were said")


def check_translated(call: tuple[PhoneCall, PhoneCall], folder: Path) -> None:
    low, high = speech(RATE, 1.2, 120), speech(RATE, 1.2, 210)
    said = write_wav(folder / "low.wav", low), write_wav(folder / "high.wav", high)

    def check(heard: Heard) -> None:
        assert fidelity(low, recording(heard.by_callee)) > DECIBELS
        assert fidelity(high, recording(heard.by_caller)) > DECIBELS

    check_both_hear(call, said, 1.2, check)


@pytest.mark.parametrize(("caller", "who"), [("pjsua2", "caller"), ("baresip", "operator")])
def test_the_caller_presses_zero_and_talks_with_the_operator(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path, caller: str, who: str
) -> None:  # VM-2
    """Then one of them holds, and they talk again."""
    outgoing, incoming = press_zero(phones[caller], phones["operator"], tmp_path)
    incoming.answer()
    if who == "caller":
        check_exactly((outgoing, incoming), tmp_path, 100)
    holder = outgoing if who == "caller" else incoming
    holder.hold()
    switch.wait_for_state("held")
    holder.resume()
    switch.wait_for_state("talking")
    check_exactly((outgoing, incoming), tmp_path, 200)
    incoming.hangup()
    outgoing.ended()


def test_an_encrypted_caller_and_an_operator_with_another_codec(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:
    with switched_on(switch, "pjsua2", "106", codec="G722", encryption="sdes") as caller:
        outgoing, incoming = press_zero(caller, phones["operator"], tmp_path)
        incoming.answer()
        check_translated((outgoing, incoming), tmp_path)
        outgoing.hangup()
        incoming.ended()


def test_an_operator_who_does_not_answer_gives_the_caller_back(
    phones: dict[str, Phone], tmp_path: Path
) -> None:
    outgoing, incoming = press_zero(phones["baresip"], phones["operator"], tmp_path)
    outgoing.record(tmp_path / "back.wav")
    incoming.ended()
    outgoing.send_digits("#")
    time.sleep(1.0)
    outgoing.stop_recording()
    assert heard_tone(tmp_path / "back.wav", BEEP) > 0.3
    outgoing.hangup()
    outgoing.ended()


def test_a_caller_who_hangs_up_while_the_operator_is_rung(
    phones: dict[str, Phone], tmp_path: Path
) -> None:
    outgoing, incoming = press_zero(phones["pjsua2"], phones["operator"], tmp_path)
    outgoing.hangup()
    incoming.ended()
    outgoing.ended()


def test_who_answers_a_forward_presses_one(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # FWD-7
    outgoing = phones["baresip"].dial("104")
    incoming = phones["mobile"].incoming()
    incoming.answer()
    incoming.record(tmp_path / "asked.wav")
    time.sleep(1.2)
    assert [call["state"] for call in switch.calls()] == ["ringing"]
    incoming.stop_recording()
    assert sounding(tmp_path / "asked.wav") > 0.3
    incoming.send_digits("1")
    outgoing.wait("answered")
    check_exactly((outgoing, incoming), tmp_path, 300)
    outgoing.hangup()
    incoming.ended()


@pytest.mark.parametrize("how", ["hangs up", "another key"])
def test_who_does_not_press_one_has_not_answered(
    phones: dict[str, Phone], how: str
) -> None:  # FWD-7
    outgoing = phones["pjsua2"].dial("104")
    asked = phones["mobile"].incoming()
    asked.answer()
    if how == "hangs up":
        asked.hangup()
    else:
        asked.send_digits("5")
    asked.ended()
    taken = phones["operator"].incoming()
    taken.answer()
    outgoing.wait("answered")
    taken.hangup()
    outgoing.ended()


def test_a_caller_who_gives_up_while_somebody_is_asked(phones: dict[str, Phone]) -> None:
    outgoing = phones["baresip"].dial("104")
    asked = phones["mobile"].incoming()
    asked.answer()
    outgoing.hangup()
    asked.ended()
    outgoing.ended()
