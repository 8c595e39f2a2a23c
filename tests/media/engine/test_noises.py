"""RFC 3389: what a phone hears whose partner says only how silent he is."""

from collections.abc import Iterator

import numpy as np
import pytest

from softswitch.media.codecs import codec
from softswitch.media.codecs.g711 import A_LAW, MU_LAW
from softswitch.media.engine import control
from softswitch.media.engine.leg import Leg
from softswitch.media.engine.noises import Noises
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import build, parse
from softswitch.media.samples import LOWEST, Samples
from tests.media.engine.driver import BACKENDS, Driver, driver
from tests.media.engine.studio import G722, G729, PCMA, PCMU, Studio, is_one_stream

CN = STATIC[13]
SOUND = MU_LAW.payload_of(np.full(160, 4000, np.int16))
LEVEL = 40


def level(samples: Samples) -> float:
    """Decibels below overload."""
    return -10 * float(np.log10(np.mean(np.square(samples, dtype=np.float64)) / LOWEST**2))


def call(theirs: tuple[Format, ...], ours: tuple[Format, ...]) -> tuple[Studio[Noises], Leg, Leg]:
    """Two phones, the first in the middle of a sentence."""
    it = Studio(Noises)
    one, other = it.leg(*theirs), it.leg(*ours)
    one.on_hush = it.department.hush
    it.join(one, other)
    for number in range(5):
        it.speak(one, number, SOUND)
        it.pass_time(0.02)
    assert len(it.sent(other)) == 5
    return it, one, other


@pytest.mark.parametrize("theirs", [(PCMU, CN), (PCMU,)], ids=["agreed on", "not agreed on"])
def test_noise_of_the_described_level_goes_on_until_there_is_sound_again(
    theirs: tuple[Format, ...],
) -> None:
    it, one, other = call(theirs, (PCMU,))
    it.speak(one, 5, bytes((LEVEL,)), kind=13)
    it.pass_time(1.0)
    noise = it.sent(other)
    assert len(noise) in (49, 50)
    assert level(np.concatenate([MU_LAW.samples_of(payload) for _, payload in noise])) == (
        pytest.approx(LEVEL, abs=1)
    )
    headers = [header for header, _ in noise]
    assert is_one_stream(headers)
    assert [header.marker for header in headers] == [True] + [False] * (len(noise) - 1)
    it.speak(one, 6, SOUND, stamp=6 * 160 + 8000)
    it.pass_time(0.2)
    after = it.sent(other)
    assert [payload for _, payload in after] == [SOUND]
    assert after[0][0].sequence == headers[-1].sequence + 1
    assert after[0][0].timestamp - headers[-1].timestamp in range(160, 481)
    assert it.department.next_deadline == float("inf")


def test_noise_may_change_and_becomes_what_the_peer_understands() -> None:
    it, one, other = call((PCMU, CN), (PCMA,))
    for number, loudness in ((5, 60), (6, 30)):
        it.speak(one, number, bytes((loudness,)), kind=13)
        it.pass_time(0.5)
        noise = [payload for _, payload in it.sent(other)]
        sound = np.concatenate([A_LAW.samples_of(payload) for payload in noise])
        assert level(sound) == pytest.approx(loudness, abs=3)
    it, one, other = call((PCMU, CN), (G722,))
    it.speak(one, 5, bytes((LEVEL,)), kind=13)
    it.pass_time(0.5)
    found = codec(G722)
    assert found is not None
    decode = found.decoder().decode
    sound = np.concatenate([decode(payload) for _, payload in it.sent(other)])
    assert level(sound[1000:]) == pytest.approx(LEVEL, abs=2)


def test_where_both_know_comfort_noise_it_crosses_as_it_is() -> None:
    it, one, other = call((PCMU, CN), (PCMU, CN))
    it.speak(one, 5, b"\x28", kind=13)
    it.pass_time(0.5)
    assert [(header.payload_type, payload) for header, payload in it.sent(other)] == [(13, b"\x28")]


def test_nobody_makes_noise_for_a_phone_that_hears_somebody_else() -> None:
    it, one, other = call((PCMU, CN), (PCMU,))
    other.feed(it)
    it.speak(one, 5, b"\x28", kind=13)
    it.pass_time(0.2)
    assert it.sent(other) == []
    other.starve(it)
    it.speak(one, 6, b"\x28", kind=13)
    it.pass_time(0.2)
    assert len(it.sent(other)) > 5
    other.feed(it)
    it.pass_time(0.2)
    assert len(it.sent(other)) <= 1


def test_noise_ends_with_the_call_and_begins_anew_with_another_description() -> None:
    it, one, other = call((PCMU, CN), (PCMU,))
    it.speak(one, 5, b"\x28", kind=13)
    it.pass_time(0.1)
    it.describe(other, PCMA)
    it.sent(other)
    it.speak(one, 6, b"\x28", kind=13)
    it.pass_time(0.1)
    kinds = {header.payload_type for header, _ in it.sent(other)}
    assert kinds == {8}
    it.department.ended(one)
    it.pass_time(0.2)
    assert it.sent(other) == []
    it.department.close()


def test_without_a_codec_or_a_peer_there_is_no_noise() -> None:
    it = Studio(Noises)
    one, other = it.leg(PCMU, CN), it.leg(G729)
    one.on_hush = it.department.hush
    it.join(one, other)
    for number in range(5):
        it.speak(one, number, SOUND)
    it.speak(one, 5, b"\x28", kind=13)
    it.department.hush(it.leg(PCMU, CN), b"\x28", it.now)
    assert it.department.next_deadline == float("inf")
    one.part()
    it.speak(one, 6, b"\x28", kind=13)
    assert it.department.next_deadline == float("inf")


@pytest.fixture(params=BACKENDS)
def worker(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with driver(request.param) as started:
        yield started


def test_a_worker_makes_noise_over_every_backend(worker: Driver) -> None:
    anna, jan = worker.phone("127.0.0.5"), worker.phone("127.0.0.6")
    worker.call(anna, jan)
    hers = anna.remote(0, 13)._replace(formats=(PCMU, CN))
    worker.say(
        control.SetRemote(0, hers), control.SetRemote(1, jan.remote(0)._replace(formats=(PCMU,)))
    )
    for sequence in range(5):
        anna.send(sequence)
        worker.serve(2)
    jan.heard()
    anna.rtp.sendto(build(13, 5, 800, 7, bytes((LEVEL,))), anna.to)
    worker.serve(20)
    packets = jan.heard()
    assert 15 <= len(packets) <= 20
    headers = [parse(packet, len(packet)) for packet in packets]
    assert is_one_stream([header for header in headers if header is not None])
    anna.send(6)
    worker.serve(5)
    assert 1 <= len(jan.heard()) <= 2
