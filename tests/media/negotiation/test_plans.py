from typing import Any, cast

import pytest

from softswitch.media.formats import STATIC, TELEPHONE_EVENT, Format
from softswitch.media.negotiation import read
from softswitch.media.negotiation.choice import KEYS
from softswitch.media.negotiation.plans import (
    NO_TERMS,
    Agreement,
    Terms,
    agreement,
    answer_plan,
    offer_plan,
    with_keys,
)
from softswitch.media.sdp import SdpError
from tests.media.negotiation.descriptions import DESK_PHONE, FAX, audio

STREAM = cast(Any, object())


def test_calls_of_the_same_phones_share_their_plans() -> None:
    stream = read(DESK_PHONE.encode()).stream
    offer = offer_plan(stream, (), ())
    assert offer_plan(read(DESK_PHONE.encode()).stream, (), ()) is offer
    assert offer_plan(stream, (), ("PCMA",)) is not offer
    agreed = agreement(offer, read(audio(formats="8")).stream)
    assert agreement(offer, read(audio(formats="8")).stream) is agreed
    assert answer_plan(stream, (), agreed) is answer_plan(stream, (), agreed)


def test_what_is_one_of_a_kind_is_planned_each_time() -> None:
    stream = read(audio("a=rtcp:7")).stream
    assert offer_plan(stream, (), ()) is not offer_plan(stream, (), ())


def test_words_cross_as_they_were_written() -> None:
    body = audio("a=rtpmap:97 iLBC/8000", "a=fmtp:97 mode=30", "a=fmtp:97 x=1", formats="97 3")
    plan = offer_plan(read(body).stream, (), ())
    assert plan.words == "97 3"
    assert plan.lines == (
        "a=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=30\r\na=fmtp:97 x=1\r\na=sendrecv\r\n"
    )


def test_what_is_added_is_described() -> None:
    lines = offer_plan(read(audio("a=rtpmap:101 telephone-event/8000", formats="0 101")).stream,
                       (), ("OPUS", "L16")).lines  # fmt: skip
    assert lines == (
        "a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\na=rtpmap:117 L16/16000\r\n"
        "a=rtpmap:118 L16/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
    )


def test_what_fills_a_packet_is_not_told_how_long_packets_are() -> None:
    for number, lines in ((11, "a=sendrecv\r\n"), (0, "a=ptime:20\r\na=sendrecv\r\n")):
        source = read(audio("a=ptime:20", formats=str(number))).stream
        assert offer_plan(source, (), (source.formats[0].encoding,)).lines.endswith(lines)
    assert "ptime" not in offer_plan(read(audio("a=ptime:20", formats="11")).stream, (), ()).lines


def test_an_answer_of_other_numbers_is_written_with_those_of_the_offer() -> None:
    offer = read(audio("a=rtpmap:111 opus/48000/2", "a=rtpmap:96 telephone-event/8000",
                       formats="111 96")).stream  # fmt: skip
    ours = offer_plan(offer, (), ())
    theirs = read(audio("a=rtpmap:107 opus/48000/2", "a=fmtp:107 cbr=1",
                        "a=rtpmap:101 telephone-event/8000", formats="107 101")).stream  # fmt: skip
    agreed = agreement(ours, theirs)
    assert agreed.terms.payload_types == (111, 96)
    assert [known.payload_type for known in agreed.terms.formats] == [107, 101]
    assert [known.payload_type for known in agreed.terms.expected] == [111, 96]
    answer = answer_plan(offer, (), agreed)
    assert answer.words == "111 96"
    assert answer.lines == (
        "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 cbr=1\r\n"
        "a=rtpmap:96 telephone-event/8000\r\na=sendrecv\r\n"
    )


def test_the_same_numbers_both_ways_are_said_once() -> None:
    stream = read(DESK_PHONE.encode()).stream
    assert agreement(offer_plan(stream, (), ()), stream).terms.expected == ()


def test_a_fax_crosses_with_all_it_says_of_itself() -> None:
    stream = read(FAX.encode(), fax=True).stream
    plan = offer_plan(stream, (), ("PCMA",))
    assert (plan.kind, plan.words) == ("image", "t38")
    assert plan.lines.count("a=T38") == 6
    agreed = agreement(plan, stream)
    assert agreed.terms.payload_types == ()
    assert answer_plan(stream, (), agreed).lines == plan.lines


def test_a_fax_is_answered_with_a_fax_and_audio_with_audio() -> None:
    fax, sound = read(FAX.encode(), fax=True).stream, read(audio()).stream
    ours = offer_plan(fax, (), ())
    with pytest.raises(SdpError):
        agreement(ours, sound)
    with pytest.raises(SdpError):
        answer_plan(sound, (), agreement(ours, fax))


def agreed(*formats: Format) -> Agreement:
    return Agreement(STREAM, Terms(formats) if formats else NO_TERMS, is_usual=True)


def test_whoever_takes_keys_in_another_way_lets_the_other_side_press_events() -> None:
    plain = agreed(STATIC[0])
    assert with_keys(plain).terms.formats == (STATIC[0], KEYS)
    assert with_keys(plain).stream is STREAM
    assert with_keys(plain) is with_keys(plain)  # so that what follows from it is remembered too


def test_nothing_is_added_where_there_are_keys_or_no_sound_at_all() -> None:
    keyed = agreed(STATIC[8], Format(96, TELEPHONE_EVENT, 8000))
    assert with_keys(keyed) is keyed
    fax = agreed()
    assert with_keys(fax) is fax
