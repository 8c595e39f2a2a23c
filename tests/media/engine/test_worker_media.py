"""Worker, backends and legs together, where packets need more than other numbers."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from softswitch.media import rtcp
from softswitch.media.engine import control, stage_messages
from softswitch.media.engine.departments import GUARDS
from softswitch.media.engine.interface import UDPTL, Remote, Sdes
from softswitch.media.engine.reporting import PER_SECOND
from softswitch.media.engine.worker import TICK
from softswitch.media.formats import STATIC, Format
from softswitch.media.rtp import Header, build, parse
from softswitch.media.srtp import Receiver, Sender
from tests.media.engine.driver import BACKENDS, HOST, PAYLOAD, Driver, Phone, driver

PCMU, PCMA = STATIC[0], STATIC[8]
OPUS = Format(96, "OPUS", 48000, 2)
SUITE = "AES_CM_128_HMAC_SHA1_80"
OURS, THEIRS = bytes(range(30)), bytes(range(30, 60))
GOODBYE = 203
"""RTCP's packet type BYE (RFC 3550 §6.6)."""


@pytest.fixture(params=BACKENDS)
def it(request: pytest.FixtureRequest) -> Iterator[Driver]:
    with driver(request.param) as started:
        yield started


@pytest.fixture
def anna(it: Driver) -> Phone:
    return it.phone("127.0.0.5")


@pytest.fixture
def jan(it: Driver) -> Phone:
    return it.phone("127.0.0.6")


def described(phone: Phone, *formats: Format, **more: Any) -> Remote:
    types = tuple(known.payload_type for known in formats)
    return phone.remote(*types)._replace(
        formats=formats, clock_rate=formats[0].clock_rate if formats else 8000, **more
    )


def call(it: Driver, anna: Phone, jan: Phone, hers: Remote, his: Remote) -> None:
    it.call(anna, jan)
    it.say(control.SetRemote(0, hers), control.SetRemote(1, his))


def heard(it: Driver, phone: Phone) -> list[bytes]:
    it.serve(2)
    return phone.heard()


def header(packet: bytes) -> Header:
    found = parse(packet, len(packet))
    assert found is not None
    return found


def test_laws_are_translated_both_ways(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMA))
    for sequence in range(5):
        anna.send(sequence, payload=b"\xff" * 160)
        jan.send(sequence, kind=8, payload=b"\xd5" * 160)
        (to_jan,), (to_anna,) = heard(it, jan), heard(it, anna)
        assert (header(to_jan).payload_type, to_jan[12:]) == (8, b"\xd5" * 160)
        assert (header(to_anna).payload_type, to_anna[12:]) == (0, b"\xfe" * 160)
    assert it.statistics(0)[:4] == (5, 800, 0, 5)


def test_numbers_are_changed_on_the_way(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, OPUS), described(jan, OPUS._replace(payload_type=111)))
    for sequence in range(5):
        anna.send(sequence, kind=96)
        (packet,) = heard(it, jan)
        assert (header(packet).payload_type, packet[12:]) == (111, PAYLOAD)


def test_keys_on_one_side_are_nobody_elses_business(it: Driver, anna: Phone, jan: Phone) -> None:
    secured = described(anna, PCMU, security=Sdes(SUITE, OURS, THEIRS))
    call(it, anna, jan, secured, described(jan, PCMU))
    seal, unseal = Sender(SUITE, THEIRS), Receiver(SUITE, OURS)
    for sequence in range(6):
        sealed = seal.protect(build(0, sequence, sequence * 160, 7, PAYLOAD))
        assert sealed is not None
        anna.rtp.sendto(sealed, anna.to)
        anna.rtp.sendto(sealed, anna.to)  # replayed
        jan.send(sequence)
        (to_jan,), (to_anna,) = heard(it, jan), heard(it, anna)
        assert to_jan[12:] == PAYLOAD
        opened = bytearray(to_anna)
        size = unseal.unprotect(opened, len(opened))
        assert opened[12:size] == PAYLOAD
    anna.send(9)
    assert heard(it, jan) == []


def test_departments_forget_a_leg_that_is_closed(it: Driver, anna: Phone, jan: Phone) -> None:
    secured = described(anna, PCMU, security=Sdes(SUITE, OURS, THEIRS))
    call(it, anna, jan, secured, described(jan, PCMU))
    worker: Any = it.worker
    guards = worker._departments.of(GUARDS)._guards
    assert len(guards) == 1
    it.statistics(0)
    it.statistics(1)
    assert not guards
    assert not worker._legs


def test_a_secured_phone_that_moved_is_followed(it: Driver, anna: Phone, jan: Phone) -> None:
    secured = described(anna, PCMU, security=Sdes(SUITE, OURS, THEIRS))
    call(it, anna, jan, secured, described(jan, PCMU))
    moved = it.phone("127.0.0.7")
    moved.to = anna.to
    seal = Sender(SUITE, THEIRS)
    sequence = 0
    for phone, rounds in ((anna, 5), (moved, 200)):
        for _ in range(rounds):
            sealed = seal.protect(build(0, sequence, sequence * 160, 7, PAYLOAD))
            assert sealed is not None
            phone.rtp.sendto(sealed, phone.to)
            sequence += 1
            assert len(heard(it, jan)) == 1
    jan.send(1)
    assert heard(it, anna) == []
    assert len(moved.heard()) == 1


def test_who_hears_a_translation_gets_our_reports(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMA))
    for sequence in range(500):
        anna.send(sequence)
        it.serve()
        jan.heard()
    reports = [rtcp.parse(data) for data in jan.rtcp_heard()]
    assert 1 <= len(reports) <= 5
    assert all(report is not None and report.sender is not None for report in reports)
    (hers, *_) = [rtcp.parse(data) for data in anna.rtcp_heard()]
    assert hers is not None
    assert hers.blocks[0].ssrc == 7


def test_reports_share_the_port_where_that_was_agreed(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, PCMU, rtcp_mux=True), described(jan, PCMU))
    for sequence in range(3):
        anna.send(sequence)
        jan.send(sequence)
        it.serve()
    jan.heard(), anna.heard()
    it.serve()
    told = rtcp.serialize(rtcp.Report(7, rtcp.SenderInfo(1, 2, 3, 4), ()))
    anna.rtp.sendto(told, anna.to)
    jan.rtcp.sendto(told, (HOST, jan.to[1] + 1))
    it.serve(3)
    assert len(jan.rtcp_heard()) == 1
    assert rtcp.parse(anna.heard()[-1]) is not None
    assert anna.rtcp_heard() == []


def test_rtcp_that_says_goodbye_or_nothing_at_all_disturbs_no_sound(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    """Only SIP ends a call; of reports a few a second are looked at."""
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMU))
    anna.send(0)
    jan.send(0)
    it.serve(2)
    anna.heard(), jan.heard()
    goodbye = struct.pack("!BBHI", 0x81, GOODBYE, 1, 7)
    report = rtcp.serialize(rtcp.Report(7, rtcp.SenderInfo(1, 2, 3, 4), ()))
    hers = (HOST, anna.to[1] + 1)
    begun = it.clock.now
    for sequence in range(1, 51):
        for number in range(20):
            noise = bytes((0x81, number)) * 30
            anna.rtcp.sendto((goodbye, report + goodbye, noise)[number % 3], hers)
        anna.send(sequence)
        assert len(heard(it, jan)) == 1
        it.serve(2)
    crossed = jan.rtcp_heard()
    assert 1 <= len(crossed) <= PER_SECOND * (it.clock.now - begun + 2)
    assert not any(goodbye[:4] in octets for octets in crossed)
    jan.send(1)
    assert len(heard(it, anna)) == 1
    assert it.statistics(0).packets_lost == 0


def test_fax_crosses_and_the_call_goes_on_as_audio(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMU))
    anna.send(1)
    assert len(heard(it, jan)) == 1
    it.say(
        control.SetRemote(0, described(anna, kind=UDPTL)),
        control.SetRemote(1, described(jan, kind=UDPTL)),
    )
    for number in range(6):
        fax = number.to_bytes(2, "big") + b"\x03abc\x00\x00"
        anna.rtp.sendto(fax, anna.to)
        jan.rtp.sendto(fax, jan.to)
        assert heard(it, jan) == [fax]
        assert heard(it, anna) == [fax]
    it.say(control.SetRemote(0, described(anna, PCMU)), control.SetRemote(1, described(jan, PCMU)))
    anna.send(2)
    (packet,) = heard(it, jan)
    assert packet[12:] == PAYLOAD
    assert it.statistics(0).packets_received == 8


def test_figures_of_all_legs_come_together(it: Driver, anna: Phone, jan: Phone) -> None:
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMU))
    told: list[control.Message] = []
    for sequence in range(520):
        anna.send(sequence)
        jan.send(sequence)
        it.serve()
        jan.heard(), anna.heard()
        told += [message for message in it.heard() if isinstance(message, control.Qualities)]
    (figures,) = told
    assert isinstance(figures, control.Qualities)
    assert [port for port, _ in figures.ports] == [0, 1]
    seen = figures.ports[0][1]
    assert 480 < seen.packets_received < 520
    assert 480 < seen.packets_sent < 520
    assert seen.mos_received is not None


def test_a_department_is_woken_when_it_wants(it: Driver) -> None:
    class Once:
        handlers: dict[type, Any] = {}  # noqa: RUF012
        next_deadline = it.clock.now + 10.0
        woken: list[float] = []  # noqa: RUF012

        def tick(self, now: float) -> None:
            self.woken.append(now)
            self.next_deadline = float("inf")

        def close(self) -> None:
            """Nothing to do."""

    once = Once()
    due = once.next_deadline
    worker: Any = it.worker
    worker._departments._in_order = (once,)
    asked: list[float] = []
    serve = worker._backend.serve

    def note(timeout: float) -> None:
        asked.append(timeout)
        serve(0.0)

    worker._backend.serve = note
    for _ in range(700):
        it.clock.now += 0.02
        it.worker.serve()
    (at,) = once.woken
    assert 0.0 <= at - due < 0.1
    assert max(asked) <= TICK


def test_what_still_waits_in_a_socket_is_counted_at_the_end_and_before_a_join(
    it: Driver, anna: Phone, jan: Phone
) -> None:
    call(it, anna, jan, described(anna, PCMU), described(jan, PCMU))
    it.say(control.Part(0))
    it.say(stage_messages.Listen(0, False), stage_messages.Listen(1, False))
    for sequence in range(5):
        anna.send(sequence, payload=bytes(160))
        jan.send(sequence, payload=bytes(160))
    it.say(control.Join(0, 1))
    assert heard(it, jan) == [], "nobody hears what was said to nobody"
    it.say(control.Part(0))
    it.say(stage_messages.Listen(0, False))
    for sequence in range(5, 8):
        anna.send(sequence, payload=bytes(160))
    assert it.statistics(0)[:3] == (8, 8 * 160, 0)
    assert it.statistics(1)[:3] == (5, 5 * 160, 0)
