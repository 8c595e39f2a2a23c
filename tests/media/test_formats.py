"""What two descriptions mean by their payload types, and whether it is the same."""

from softswitch.media.formats import STATIC, Format

EVENTS = Format(101, "TELEPHONE-EVENT", 8000, parameters="0-15")


def test_the_payload_type_does_not_make_the_codec() -> None:
    assert Format(96, "OPUS", 48000, 2).same_codec(Format(111, "OPUS", 48000, 2, "useinbandfec=1"))
    assert not STATIC[0].same_codec(STATIC[8])
    assert not EVENTS.same_codec(Format(102, "TELEPHONE-EVENT", 48000))
    assert not Format(96, "L16", 8000).same_codec(Format(96, "L16", 8000, 2))


def test_a_parameter_that_changes_the_octets_makes_another_codec() -> None:
    aligned = Format(97, "AMR", 8000, parameters="mode-set=7; Octet-Align=1")
    assert not aligned.same_codec(Format(97, "AMR", 8000))
    assert aligned.same_codec(Format(98, "AMR", 8000, parameters="octet-align=1"))


def test_parameters_are_found_however_they_are_written() -> None:
    assert Format(96, "ILBC", 8000, parameters=" MODE = 30 ;x").parameter("mode") == "30"
    assert Format(96, "ILBC", 8000, parameters="x;y=2").parameter("x") == ""
    assert EVENTS.parameter("mode") == ""


def test_tones_and_silence_alone_make_no_call() -> None:
    assert not EVENTS.is_audio
    assert not STATIC[13].is_audio
    assert STATIC[9].is_audio


def test_g722_counts_time_in_8000_ticks() -> None:
    assert STATIC[9].clock_rate == 8000
    assert all(number == known.payload_type for number, known in STATIC.items())
