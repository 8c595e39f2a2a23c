import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media.codecs import codec
from softswitch.media.formats import STATIC, Format
from softswitch.media.negotiation.choice import (
    TRANSLATED,
    can_translate,
    permitted,
    shares_audio,
    to_answer,
    to_offer,
    understood,
)
from softswitch.media.sdp import SdpError

PCMU, PCMA, G722, G729, CN = STATIC[0], STATIC[8], STATIC[9], STATIC[18], STATIC[13]
OPUS = Format(111, "OPUS", 48000, 2, "minptime=10")
RED = Format(63, "RED", 48000, 2, "111/111")
KEYS = Format(101, "TELEPHONE-EVENT", 8000, 1, "0-15")
FINE_KEYS = Format(110, "TELEPHONE-EVENT", 48000)

Formats = tuple[Format, ...]


def names(formats: Formats) -> list[tuple[int, str]]:
    return [(known.payload_type, known.encoding) for known in formats]


def encodings(formats: Formats) -> list[str]:
    return [known.encoding for known in formats]


def test_the_callers_formats_come_first_and_what_we_translate_behind() -> None:
    offer = to_offer((G729, PCMU, KEYS), ())
    assert names(offer) == [
        (18, "G729"), (0, "PCMU"), (8, "PCMA"), (9, "G722"), (107, "OPUS"), (117, "L16"),
        (118, "L16"), (101, "TELEPHONE-EVENT"),
    ]  # fmt: skip


def test_what_we_cannot_translate_is_offered_alone() -> None:
    assert to_offer((G729, KEYS), ()) == (G729, KEYS)


def test_a_users_codecs_are_the_only_ones_and_in_his_order() -> None:
    offer = to_offer((PCMU, PCMA, G722, KEYS), ("G722", "OPUS", "PCMA"))
    assert encodings(offer) == ["G722", "PCMA", "OPUS", "TELEPHONE-EVENT"]


def test_a_user_without_any_codec_of_the_caller_gets_his_own_translated() -> None:
    assert encodings(to_offer((PCMU,), ("OPUS",))) == ["OPUS"]


def test_nothing_can_be_offered_when_nothing_is_permitted_and_nothing_translated() -> None:
    with pytest.raises(SdpError) as caught:
        to_offer((G729, KEYS), ("PCMA",))
    assert caught.value.status == 488


def test_an_added_format_takes_no_number_that_is_in_use() -> None:
    taken = Format(107, "SPEEX", 16000)
    offer = to_offer((taken, PCMU, Format(127, "ILBC", 8000)), ("SPEEX", "PCMU", "OPUS"))
    assert names(offer) == [(107, "SPEEX"), (0, "PCMU"), (126, "OPUS")]


def test_the_numbers_of_an_offer_never_repeat_even_when_all_are_in_use() -> None:
    crowd = tuple(Format(number, "X", 8000) for number in range(96, 128))
    assert (107, "OPUS") in names(to_offer((PCMU, *crowd), ()))


def test_keys_of_another_clock_get_company_for_what_is_added() -> None:
    offer = to_offer((OPUS, FINE_KEYS), ())
    assert (101, "TELEPHONE-EVENT") in names(offer)
    assert "TELEPHONE-EVENT" not in encodings(to_offer((PCMU,), ()))


def test_what_accompanies_one_codec_only_is_not_offered() -> None:
    assert "RED" not in encodings(to_offer((OPUS, RED, CN), ()))
    assert "CN" in encodings(to_offer((OPUS, RED, CN), ()))


def test_permitted_keeps_the_order_of_the_list() -> None:
    assert permitted((PCMU, KEYS, PCMA), ("PCMA", "PCMU")) == (PCMA, PCMU, KEYS)
    assert permitted((PCMU, KEYS, PCMA), ()) == (PCMU, PCMA, KEYS)


def test_an_answer_is_understood_with_its_numbers_and_with_ours() -> None:
    theirs = Format(96, "OPUS", 48000, 2)
    assert understood((OPUS, PCMU), (theirs, G729)) == ((theirs,), (OPUS,))
    assert understood((OPUS, KEYS), (OPUS, KEYS)) == ((OPUS, KEYS), (OPUS, KEYS))


@pytest.mark.parametrize("answer", [(G729,), (KEYS,), ()])
def test_an_answer_without_a_codec_of_the_offer_is_none(answer: Formats) -> None:
    with pytest.raises(SdpError) as caught:
        understood((PCMU, KEYS), answer)
    assert caught.value.status == 488


def test_of_two_formats_that_mean_the_same_the_one_of_the_same_number_is_meant() -> None:
    first, second = Format(96, "OPUS", 48000, 2), Format(97, "OPUS", 48000, 2)
    assert understood((first, second), (second,)) == ((second,), (second,))


def test_what_is_shared_is_answered_in_the_callees_order_with_the_callers_numbers() -> None:
    offer = (G729, OPUS, PCMU, KEYS)
    theirs = (PCMU, Format(96, "OPUS", 48000, 2, "cbr=1"), Format(97, *KEYS[1:4], "0-11"))
    assert to_answer(offer, theirs) == (
        PCMU,
        OPUS._replace(parameters="cbr=1"),
        KEYS._replace(parameters="0-11"),
    )


def test_two_answered_formats_are_one_where_the_caller_has_one() -> None:
    theirs = (Format(96, "OPUS", 48000, 2), Format(97, "OPUS", 48000, 2))
    assert len(to_answer((OPUS,), theirs)) == 1


def test_a_caller_hears_a_translation_where_nothing_is_shared() -> None:
    answer = to_answer((G729, PCMU, OPUS, FINE_KEYS, KEYS), (PCMA, KEYS))
    assert names(answer) == [(0, "PCMU"), (101, "TELEPHONE-EVENT")]
    opus = to_answer((G729, OPUS, FINE_KEYS, KEYS), (PCMA, KEYS))
    assert names(opus) == [(111, "OPUS"), (110, "TELEPHONE-EVENT")]
    assert opus[0].parameters == "useinbandfec=1"


def test_keys_of_the_only_clock_there_is_are_better_than_none() -> None:
    assert names(to_answer((PCMU, FINE_KEYS), (G722, KEYS)))[1] == (110, "TELEPHONE-EVENT")
    assert names(to_answer((PCMU, FINE_KEYS), (PCMU, KEYS)))[1] == (110, "TELEPHONE-EVENT")


def test_keys_are_answered_only_where_the_other_side_has_some() -> None:
    assert to_answer((PCMU, KEYS), (PCMU,)) == (PCMU,)
    assert to_answer((PCMU, KEYS), (PCMA,)) == (PCMU,)


def test_keys_are_answered_in_the_clock_of_the_audio_or_in_that_of_both_sides() -> None:
    assert to_answer((PCMU, FINE_KEYS, KEYS), (PCMU, KEYS))[1:] == (KEYS,)
    fine_keys = FINE_KEYS._replace(parameters=KEYS.parameters)  # RTP-6, RTP-9
    assert to_answer((OPUS, FINE_KEYS, KEYS), (OPUS, KEYS))[1:] == (fine_keys,)
    odd_keys = KEYS._replace(payload_type=102, clock_rate=16000)
    assert to_answer((OPUS, odd_keys, KEYS), (OPUS, KEYS))[1:] == (KEYS,)


def test_a_browser_is_offered_keys_in_the_clock_of_the_preferred_audio_alone() -> None:
    """RTP-9: beside Opus, Chromium sends but the ends of what it presses at 8000 Hz."""

    def keys(*source: Format) -> list[Format]:
        offer = to_offer(source, (), to_browser=True)
        return [known for known in offer if known.encoding == KEYS.encoding]

    assert keys(OPUS, KEYS) == [Format(127, KEYS.encoding, 48000, 1, "0-15")]
    assert keys(OPUS, KEYS, FINE_KEYS) == [FINE_KEYS]
    assert keys(PCMU, KEYS) == [KEYS]
    assert keys(OPUS) == []
    with pytest.raises(SdpError):
        to_offer((PCMU, KEYS), ("G729",), to_browser=True)


def test_comfort_noise_is_passed_on_but_not_translated() -> None:
    assert to_answer((PCMU, CN), (PCMU, CN)) == (PCMU, CN)
    assert to_answer((PCMU, CN), (PCMU,)) == (PCMU,)
    assert to_answer((PCMU, CN), (PCMA, CN)) == (PCMU,)


@pytest.mark.parametrize(("offer", "other"), [((G729,), (PCMA,)), ((PCMA,), (G729,))])
def test_what_cannot_be_translated_is_no_answer(offer: Formats, other: Formats) -> None:
    with pytest.raises(SdpError) as caught:
        to_answer(offer, other)
    assert caught.value.status == 488


def test_what_has_no_library_here_is_passed_on_but_neither_offered_nor_translated() -> None:
    lacking = frozenset({"OPUS"})
    assert "OPUS" not in encodings(to_offer((PCMU,), (), lacking))
    assert to_offer((OPUS, KEYS), (), lacking) == (OPUS, KEYS)
    assert to_answer((OPUS,), (OPUS,), lacking) == (OPUS,)
    with pytest.raises(SdpError):
        to_answer((OPUS,), (PCMU,), lacking)


@pytest.mark.parametrize(
    ("known", "can"),
    [
        (Format(11, "L16", 44100), True),
        (Format(10, "L16", 44100, 2), False),
        (Format(96, "L16", 11025), False),
        (Format(96, "PCMU", 16000), False),
        (Format(96, "G722", 16000), True),
        (G729, False),
    ],
)
def test_translated_is_what_has_a_codec_here(known: Format, can: bool) -> None:
    assert can_translate(known) is can
    assert (codec(known) is not None) is can


def test_audio_is_shared_by_what_it_is_and_not_by_its_number() -> None:
    assert shares_audio((OPUS, KEYS), (OPUS._replace(payload_type=96),))
    assert not shares_audio((PCMU, KEYS), (PCMA, KEYS))


EVERY = st.lists(
    st.sampled_from([PCMU, PCMA, G722, G729, OPUS, KEYS, FINE_KEYS, CN, Format(97, "ILBC", 8000)]),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@given(EVERY, st.data())
@settings(max_examples=100)
def test_whatever_the_callee_takes_of_our_offer_there_is_an_answer(
    source: list[Format], data: st.DataObject
) -> None:
    if not any(known.is_audio for known in source):
        return
    offer = to_offer(tuple(source), ())
    assert len({known.payload_type for known in offer}) == len(offer)
    audio = [known for known in offer if known.is_audio]
    taken = data.draw(st.sampled_from(audio))
    caller_is_relay_only = not any(known[1:4] in [t[1:4] for t in TRANSLATED] for known in source)
    if taken in source or not caller_is_relay_only:
        theirs, _ = understood(offer, (taken, *[k for k in offer if not k.is_audio]))
        try:
            answer = to_answer(tuple(source), theirs)
        except SdpError:
            assert taken in source
            raise
        assert {known.payload_type for known in answer} <= {one.payload_type for one in source}
        assert answer[0].is_audio
