import pytest

from softswitch.media.formats import Format
from softswitch.media.negotiation.choice import KEYS
from softswitch.media.negotiation.ourselves import own_agreement, own_media
from softswitch.media.negotiation.policy import ANYTHING, Policy
from softswitch.media.negotiation.stream import IMAGE, SENDRECV, RemoteMedia, Stream
from softswitch.media.sdp import SdpError

PCMU, PCMA = Format(0, "PCMU", 8000), Format(8, "PCMA", 8000)
G729 = Format(18, "G729", 8000)
OPUS = Format(111, "OPUS", 48000, 2, "maxaveragebitrate=20000")
WIDE_KEYS = Format(100, "TELEPHONE-EVENT", 48000)
NOISE = Format(13, "CN", 8000)


def offer(*formats: Format, kind: str = "audio") -> RemoteMedia:
    stream = Stream(kind, SENDRECV, 0, "RTP/AVP", "", formats, {}, "", "")
    return RemoteMedia(stream, "10.0.0.1", 4000, 4001)


def agreed(*formats: Format, policy: Policy = ANYTHING) -> list[tuple[int, str, str]]:
    agreement = own_agreement(offer(*formats), policy)
    return [(one.payload_type, one.encoding, one.parameters) for one in agreement.terms.formats]


def test_the_remotes_best_codec_is_taken_that_can_be_spoken() -> None:
    assert agreed(G729, PCMU, PCMA) == [(0, "PCMU", "")]


def test_the_users_own_order_comes_first() -> None:
    assert agreed(PCMU, PCMA, policy=Policy(("PCMA", "PCMU"))) == [(8, "PCMA", "")]


def test_what_cannot_be_made_here_is_not_taken() -> None:
    lacking = Policy(untranslated=frozenset({"OPUS"}))
    assert agreed(OPUS, PCMA, policy=lacking) == [(8, "PCMA", "")]


def test_keys_come_in_the_clock_of_the_sound_if_there_are_such() -> None:
    assert agreed(OPUS, KEYS, WIDE_KEYS, NOISE) == [
        (111, "OPUS", "useinbandfec=1"),
        (100, "TELEPHONE-EVENT", "0-15"),
    ]
    assert agreed(OPUS, KEYS)[1:] == [(101, "TELEPHONE-EVENT", "0-15")]


@pytest.mark.parametrize("media", [offer(G729, KEYS), offer(kind=IMAGE)])
def test_of_what_cannot_be_spoken_nothing_is_made(media: RemoteMedia) -> None:
    with pytest.raises(SdpError) as caught:
        own_agreement(media, Policy())
    assert caught.value.status == 488


def test_an_offer_of_our_own_has_everything_that_can_be_made() -> None:
    stream = own_media(Policy(untranslated=frozenset({"OPUS"}))).stream
    names = [one.encoding for one in stream.formats]
    assert names == ["PCMA", "PCMU", "G722", "L16", "L16", "TELEPHONE-EVENT"]
    assert stream.texts[117] == "a=rtpmap:117 L16/16000\r\n"
