"""What becomes of payload types between two descriptions."""

import struct

from softswitch.media.engine.interface import Remote
from softswitch.media.engine.translation import accepted, audio_rate, steps
from softswitch.media.formats import STATIC, Format

PCMU, PCMA, G722, CN, G729 = STATIC[0], STATIC[8], STATIC[9], STATIC[13], STATIC[18]
OPUS = Format(96, "OPUS", 48000, 2)
EVENTS = Format(101, "TELEPHONE-EVENT", 8000)
FAST_EVENTS = Format(110, "TELEPHONE-EVENT", 48000)


def remote(
    *formats: Format, expected: tuple[Format, ...] = (), types: tuple[int, ...] = ()
) -> Remote:
    return Remote("192.0.2.1", 4000, 4001, types, "", False, None, 8000, formats, expected)


def test_the_same_codec_with_the_same_number_crosses() -> None:
    step = steps(remote(PCMU, EVENTS), remote(PCMU, EVENTS))
    assert all(step[number].crosses for number in (0, 101))
    assert step[0].rates == (8000, 8000)
    assert step[101].rates is None


def test_the_same_codec_gets_the_number_that_its_target_calls_it() -> None:
    step = steps(remote(OPUS), remote(OPUS._replace(payload_type=111)))[96]
    assert (step.payload_type, step.transform, step.crosses, step.translated) == (
        111, None, False, False,
    )  # fmt: skip


def test_a_target_that_takes_a_codec_twice_gets_it_under_the_number_it_has() -> None:
    other = OPUS._replace(payload_type=97)
    assert steps(remote(OPUS), remote(other, OPUS))[96].crosses
    assert steps(remote(OPUS._replace(payload_type=99)), remote(other, OPUS))[99][0] == 97


def test_what_our_description_named_counts_before_what_theirs_did() -> None:
    source = remote(
        OPUS, expected=(OPUS._replace(payload_type=100), PCMA._replace(payload_type=96))
    )
    step = steps(source, remote(PCMA))
    assert step[96].payload_type == 8
    assert step[96].transform is None
    assert step[100].translated


def test_audio_that_the_target_does_not_take_is_decoded_and_encoded() -> None:
    step = steps(remote(PCMU), remote(G729, PCMA))[0]
    assert step.translated
    assert step.payload_type == 8
    assert step.transform is not None
    assert step.transform(b"\xff" * 160) == b"\xd5" * 160


def test_each_payload_type_finds_its_own_way() -> None:
    step = steps(remote(G722, PCMA), remote(PCMA))
    assert step[8].crosses
    assert step[9].translated


def test_clock_rates_of_both_sides_are_told() -> None:
    assert steps(remote(PCMU), remote(OPUS))[0].rates == (8000, 48000)
    assert steps(remote(OPUS), remote(PCMU))[96].rates == (48000, 8000)
    assert audio_rate((EVENTS, OPUS), 8000) == 48000
    assert audio_rate((EVENTS,), 16000) == 16000


def test_what_nobody_can_decode_is_dropped() -> None:
    assert steps(remote(G729, CN), remote(PCMU)) == {}
    assert steps(remote(PCMU), remote(G729, EVENTS)) == {}


def test_noise_and_events_cross_beside_audio_that_is_translated() -> None:
    step = steps(remote(PCMU, CN, EVENTS), remote(PCMA, CN, EVENTS))
    assert step[0].translated
    assert step[13].crosses
    assert step[101].crosses


def test_an_event_lasts_as_long_in_other_ticks() -> None:
    step = steps(remote(PCMU, EVENTS), remote(OPUS, FAST_EVENTS))[101]
    assert step.payload_type == 110
    assert step.rates is None
    stretch = step.transform
    assert stretch is not None
    assert stretch(struct.pack("!BBH", 5, 0x8A, 800)) == struct.pack("!BBH", 5, 0x8A, 4800)
    assert stretch(struct.pack("!BBH", 5, 0x8A, 60000)) == struct.pack("!BBH", 5, 0x8A, 0xFFFF)
    assert stretch(b"\x05\x00") == b""
    back = steps(remote(OPUS, FAST_EVENTS), remote(PCMU, EVENTS))[110].transform
    assert back is not None
    assert back(struct.pack("!BBH", 5, 0, 4800) + b"more") == struct.pack("!BBH", 5, 0, 800)


def test_events_that_the_target_does_not_take_are_dropped() -> None:
    assert 101 not in steps(remote(PCMU, EVENTS), remote(PCMU))


def test_remotes_of_unknown_formats_mean_the_same_by_the_same_number() -> None:
    plain = remote(types=(0, 101))
    for source, target in ((plain, remote(types=(8,))), (plain, remote(PCMA))):
        step = steps(source, target)
        assert step.keys() >= {0, 101, 8}
        assert all(one.crosses and one.rates is None for one in step.values())


def test_a_type_that_needs_no_description_is_understood_without() -> None:
    source = remote(PCMA, types=(8, 0, 97))
    assert steps(source, remote(PCMA))[0].translated
    assert 97 not in steps(source, remote(PCMA))
    assert accepted(source, remote(PCMA, types=(3,)))[97] is None
    assert 3 not in accepted(source, remote(PCMA, types=(3,)))


def test_remotes_that_nobody_describes_send_nothing() -> None:
    assert accepted(remote(), None) == {}


def test_calls_share_what_remembers_nothing() -> None:
    one = remote(PCMU, EVENTS)
    other = one._replace(address="192.0.2.9", rtp_port=9)
    assert steps(one, one) is steps(other, other)
    wide = remote(G722)
    assert steps(one, wide)[0].transform is not steps(other, wide)[0].transform
