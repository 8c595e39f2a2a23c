"""Phones that say nothing while nobody speaks, and those that describe the silence (RFC 3389)."""

import contextlib
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from softswitch.media.codecs.g711 import LAWS
from tests.interop.test_sipp_rtp import with_media
from tests.support.audio import (
    FRAME,
    RATE,
    Samples,
    known_sound,
    place_of,
    read_wav,
    write_tone,
    write_wav,
)
from tests.support.captures import write_capture
from tests.support.chromium import Browser
from tests.support.conversation import connected
from tests.support.endpoint import Endpoint, media_address
from tests.support.phones import Phone
from tests.support.rtp_socket import Address, Nothing, Packet
from tests.support.scripted_call import ScriptedCall
from tests.support.sipp import Sipp
from tests.support.speech import speech
from tests.support.switch import Switch

WORD, PAUSE = 0.5, 1.0
"""Seconds."""
GREETED, BEEPED = 0.3, 0.4
MARGIN = 0.3
SLACK = 0.06
"""Seconds: a jitter buffer may take a packet more, or one less, for a new beginning."""
KEY = 2000
"""Samples of a word's middle that are looked for: its beginning may be cut off by the phone."""
SPOKEN_FOR = 0.9
"""Of the packets of somebody who always sends, at most so many come of one who is silent at times:
the phone waits for 0.4 seconds until it believes that nobody speaks."""

PCMU, CN = 0, 13
DESCRIBED = 40
"""The level of the noise that is described, in dB below overload (RFC 3389 §3.1)."""
OVERLOAD = 32768.0
FEW = 2.0
"""dB: what noise made of a level may differ from it in a second."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "greeting.wav", 440.0, GREETED)
    with Switch(
        folder,
        users=("100", "101", "102"),
        user={"voicemail": {"greeting": "greeting.wav", "pin": "2580", "min_message": "1s"}},
        each={"102": {"record": "inbound"}},
        more={"conferences": {"meeting": {"number": 800}}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def quiet(switch: Switch) -> Iterator[Phone]:
    """Sends nothing between two words."""
    with Phone("pjsua2", switch.sip, "100", switch.password("100"), hushes=True) as phone:
        phone.register()
        yield phone


def two_words() -> tuple[Samples, Samples, Samples]:
    """Two words, and what is said with both: a pause lies between."""
    one, other = known_sound(WORD, seed=31), known_sound(WORD, seed=32)
    return one, other, np.concatenate([one, np.zeros(int(PAUSE * RATE), np.int16), other])


def places(heard: Samples) -> tuple[int, int]:
    """Where the two words begin."""
    found = []
    for word in two_words()[:2]:
        middle = len(word) // 2
        place = place_of(word[middle:][:KEY], heard)
        assert place is not None
        found.append(place - middle)
    return found[0], found[1]


def check_pause(heard: Samples) -> Samples:
    """It is as long as it was; what is heard in its middle."""
    one, other = places(heard)
    assert (other - one) / RATE == pytest.approx(WORD + PAUSE, abs=SLACK)
    begin = one + int((WORD + 0.15) * RATE)
    return heard[begin : begin + int((PAUSE - 0.3) * RATE)]


def message(switch: Switch, mailbox: str, count: int) -> Samples:
    """The last message of a mailbox that has so many."""
    folder = switch.file.parent / "state" / "voicemail" / mailbox
    end = time.monotonic() + 3.0
    while len(files := list(folder.glob("*.wav"))) < count:
        assert time.monotonic() < end
        time.sleep(0.05)
    heard, rate = soundfile.read(max(files, key=lambda file: file.stat().st_mtime), dtype="int16")
    assert rate == RATE
    samples: Samples = heard
    return samples


def test_a_message_keeps_the_pauses_in_which_the_phone_sent_nothing(
    switch: Switch, quiet: Phone, tmp_path: Path
) -> None:
    *_, said = two_words()
    call = quiet.dial("*99101")
    call.wait("answered")
    began = time.monotonic()
    time.sleep(GREETED + BEEPED + MARGIN)
    call.play(write_wav(tmp_path / "said.wav", said))
    time.sleep(len(said) / RATE + MARGIN)
    sent, seconds = call.packets_sent(), time.monotonic() - began
    call.hangup()
    call.ended()
    assert sent < SPOKEN_FOR * seconds * RATE / FRAME
    assert not check_pause(message(switch, "101", 1)).any()


def test_a_pause_without_packets_is_as_long_for_a_phone_with_another_codec(
    switch: Switch, quiet: Phone, tmp_path: Path
) -> None:
    *_, said = two_words()
    with Phone("pjsua2", switch.sip, "101", switch.password("101"), codec="PCMA") as phone:
        phone.register()
        with connected(quiet, phone, "101") as (outgoing, incoming):
            incoming.record(tmp_path / "heard.wav")
            time.sleep(MARGIN)
            outgoing.play(write_wav(tmp_path / "said.wav", said))
            time.sleep(len(said) / RATE + 2 * MARGIN)
            incoming.stop_recording()
    check_pause(read_wav(tmp_path / "heard.wav"))


def described(said: Samples) -> Iterator[tuple[float, Packet]]:
    """Words as PCMU, and each pause as one description of a noise."""
    sequence, silent = 0, False
    for number, start in enumerate(range(0, len(said) - FRAME + 1, FRAME)):
        frame = said[start : start + FRAME]
        was_silent, silent = silent, not frame.any()
        if silent and was_silent:
            continue
        payload = bytes([DESCRIBED]) if silent else LAWS["PCMU"].encode(frame).tobytes()
        kind, marked = (CN, False) if silent else (PCMU, was_silent)
        yield number * 0.02, Packet(kind, marked, sequence, start, 0x5EED, payload)
        sequence += 1


def level_of(noise: Samples) -> float:
    """In dB below overload."""
    return float(20 * np.log10(OVERLOAD / noise.astype(float).std()))


def speaks_with_noise(switch: Switch, folder: Path, number: str) -> Sipp:
    """SIPp, which says both words and describes the noise between them."""
    capture = write_capture(folder / "noise.pcap", described(two_words()[2]))
    pause = round((GREETED + BEEPED + MARGIN) * 1000)
    action = (
        f'<pause milliseconds="{pause}"/>'
        f'<nop><action><exec play_pcap_audio="{capture}"/></action></nop>'
    )
    spoken = round((2 * WORD + PAUSE + MARGIN) * 1000)
    scenario = with_media(action, spoken, PCMU).replace("RTP/AVP 0 101", "RTP/AVP 0 13 101")
    return Sipp(scenario, switch, "100", folder, calls=number)


as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="SIPp plays captures through a raw socket: root only"
)


@as_root
def test_noise_that_a_caller_describes_is_heard_in_his_message(
    switch: Switch, tmp_path: Path
) -> None:
    with speaks_with_noise(switch, tmp_path, "*99102") as caller:
        caller.play()
        caller.finish()
    noise = check_pause(message(switch, "102", 1))
    assert level_of(noise) == pytest.approx(DESCRIBED, abs=FEW)


@as_root
def test_noise_is_made_for_a_phone_that_speaks_another_codec(
    switch: Switch, tmp_path: Path
) -> None:
    """It has no comfort noise either."""
    with (
        Phone("pjsua2", switch.sip, "101", switch.password("101"), codec="PCMA") as phone,
        speaks_with_noise(switch, tmp_path, "101") as caller,
    ):
        phone.register()
        caller.play()
        incoming = phone.incoming()
        incoming.answer()
        incoming.record(tmp_path / "heard.wav")
        caller.finish()
        incoming.ended()
    noise = check_pause(read_wav(tmp_path / "heard.wav"))
    assert level_of(noise) == pytest.approx(DESCRIBED, abs=FEW)


FIRST, SECOND, THIRD = 500.0, 900.0, 1400.0
"""Hz of who says what in a room."""
ENTERING = 0.8
"""Seconds in which a room says who has come."""
COURSE: tuple[tuple[float, set[float]], ...] = (
    (1.0, {FIRST, SECOND, THIRD}),
    (1.0, {SECOND, THIRD}),
    (0.8, set()),
    (0.8, {FIRST}),
    (0.8, set()),
)
"""Seconds, and who speaks meanwhile."""
SETTLED, EARLY = 0.25, 0.1
"""Seconds after a change, and before the next, that are not looked at: buffers differ."""
AUDIBLE, INAUDIBLE, SILENT = 40.0, 44.0, 60.0
"""dB below overload: of a tone that is heard, and of all else that is, beside tones (G.711's own
noise is at some 48) and without them."""


def test_the_noise_of_a_silent_phone_disturbs_nobody_in_a_room(
    switch: Switch, quiet: Phone, tmp_path: Path
) -> None:
    """One describes its noise, one sends nothing between words, one always sends (CF-2)."""
    with (
        Endpoint("101", switch.password("101"), switch.address) as line,
        Phone("pjsua2", switch.sip, "102", switch.password("102"), codec="PCMA") as phone,
    ):
        calls = {SECOND: quiet.dial("800"), THIRD: phone.dial("800")}
        for call in calls.values():
            call.wait("answered")
        dialled = ScriptedCall.dial(line, "800", line.sdp().replace(b" 0 101", b" 0 13 101"))
        to = media_address(dialled.expect(200).body)
        dialled.ack()
        time.sleep(ENTERING)
        for tone, call in calls.items():
            call.record(tmp_path / f"hears-{tone}.wav")
            call.play(write_wav(tmp_path / f"says-{tone}.wav", words_of(tone)))
        heard = {FIRST: converse(line, to, words_of(FIRST))}
        for tone, call in calls.items():
            call.stop_recording()
            heard[tone] = read_wav(tmp_path / f"hears-{tone}.wav")
            call.hangup()
            call.ended()
        dialled.request("BYE")
        dialled.expect(200)
    for tone, sound in heard.items():
        began = 0.0
        for seconds, speakers in COURSE:
            part = sound[int((began + SETTLED) * RATE) : int((began + seconds - EARLY) * RATE)]
            assert heard_in(part) == speakers - {tone}, f"by {tone} from {began} s"
            began += seconds


def words_of(tone: float) -> Samples:
    """What one says in the course of the call."""
    parts = [
        6000 * np.sin(2 * np.pi * tone / RATE * np.arange(int(seconds * RATE))) * (tone in speakers)
        for seconds, speakers in COURSE
    ]
    said: Samples = np.rint(np.concatenate(parts)).astype(np.int16)
    return said


def converse(line: Endpoint, to: Address, said: Samples) -> Samples:
    """Say that, describe the noise between, and give what is heard meanwhile."""
    list(line.rtp.waiting())
    heard = []
    begun = time.monotonic()
    for at, packet in [*described(said), (len(said) / RATE, None)]:
        while (left := begun + at - time.monotonic()) > 0:
            with contextlib.suppress(Nothing):
                heard.append(line.rtp.receive(left).payload)
        if packet is not None:
            line.rtp.send(packet, to)
    return np.concatenate([LAWS["PCMU"].samples_of(payload) for payload in heard])


def heard_in(sound: Samples) -> set[float]:
    """Whose tones; nothing else is heard."""
    window = np.hanning(len(sound))
    spectrum = np.abs(np.fft.rfft(sound * window)) ** 2
    power = 2 * spectrum / len(sound) / (window**2).sum() / OVERLOAD**2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    heard = set()
    for tone in (FIRST, SECOND, THIRD):
        near = np.abs(hertz - tone) < 40
        if power[near].sum() > 10 ** (-AUDIBLE / 10):
            heard.add(tone)
            power[near] = 0
    assert 10 * np.log10(power.sum() + 1e-12) < -(INAUDIBLE if heard else SILENT)
    return heard


LOUD = 500
"""A sample of a word."""
WRITTEN_WITHIN = 3.0
"""Seconds after a call in which its recording is there: nobody who hangs up waits for the disk."""
TALK = 4.2
"""Seconds of a call in which a browser speaks, and is silent, again and again."""


def test_a_browser_describes_its_pauses_and_the_recording_has_them_too(
    switch: Switch, tmp_path: Path
) -> None:
    """Chromium sends comfort noise with G.711 where it is agreed on; no other phone here does."""
    word = speech(1, WORD, seed=4)[0]
    said = np.concatenate([word, np.zeros(int(PAUSE * RATE), np.int16)])
    with (
        Browser(tmp_path, write_wav(tmp_path / "microphone.wav", said)) as browser,
        Endpoint("100", switch.password("100"), switch.address) as line,
        Endpoint("102", switch.password("102"), switch.address) as phone,
    ):
        phone.register()
        browser.ask("begin")
        browser.ask("prefer", ["PCMU", "CN"])
        call = ScriptedCall.dial(line, "102", browser.ask("offer").encode())
        incoming = ScriptedCall.incoming(phone)
        incoming.reply(200, phone.sdp().replace(b"AVP 0 101", b"AVP 0 13 101"))
        answer = call.expect(200)
        call.ack()
        browser.ask("accept", answer.body.decode())
        incoming.expect("ACK")
        browser.ask("connected")
        end = time.monotonic() + TALK
        kinds = []
        while time.monotonic() < end:
            kinds.append(phone.rtp.receive().payload_type)
        call.request("BYE")
        incoming.hung_up()
        call.expect(200)
        phone.register([("Expires", "0")], contact="*")
    assert 0 < kinds.count(CN) < kinds.count(PCMU) < SPOKEN_FOR * TALK * RATE / FRAME
    left = recording(switch)
    assert len(left) / RATE == pytest.approx(TALK, abs=2 * MARGIN)
    words, pauses = rhythm(left)
    assert words == pytest.approx([WORD] * len(words), abs=SLACK)
    assert pauses == pytest.approx([PAUSE] * len(pauses), abs=SLACK)  # its file begins again late
    assert len(pauses) >= 2


def recording(switch: Switch) -> Samples:
    """The caller's side of the only recorded call, once it is on the disk."""
    end = time.monotonic() + WRITTEN_WITHIN
    while not (files := [*(switch.file.parent / "state" / "recordings").rglob("*.wav")]):
        assert time.monotonic() < end, "there is no recording"
        time.sleep(0.02)
    (file,) = files
    heard, _ = soundfile.read(file, dtype="int16")
    left: Samples = heard[:, 0]
    return left


def rhythm(side: Samples) -> tuple[list[float], list[float]]:
    """Seconds of each word, and of each pause, between the first pause and the last."""
    frames = side[: len(side) // FRAME * FRAME].reshape(-1, FRAME).astype(int)
    loud = np.abs(frames).max(axis=1) > LOUD
    changes = np.flatnonzero(np.diff(loud.astype(int))) + 1
    runs = [(float(end - begin) * 0.02, loud[begin]) for begin, end in pairwise(changes)]
    if runs[0][1]:
        del runs[0]
    words = [seconds for seconds, is_word in runs if is_word]
    return words, [seconds for seconds, is_word in runs if not is_word]
