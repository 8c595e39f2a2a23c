"""What a stream of our own would be, when nobody but the switch itself talks to a remote.

It is described like the stream of any other side, so that the remote's leg negotiates with it as
it does with a phone: one codec, of those that we can encode the one the remote likes best.
"""

from collections.abc import Iterable
from functools import lru_cache

from softswitch.media.formats import TELEPHONE_EVENT, Format
from softswitch.media.negotiation.choice import (
    KEYS,
    OPUS_PARAMETERS,
    TRANSLATED,
    can_translate,
    permitted,
)
from softswitch.media.negotiation.plans import REMEMBERED, Agreement, Terms, described
from softswitch.media.negotiation.policy import Policy
from softswitch.media.negotiation.stream import (
    AUDIO,
    NOT_ACCEPTABLE,
    PLAIN,
    SENDRECV,
    RemoteMedia,
    Stream,
)
from softswitch.media.sdp import SdpError

NOWHERE = "0.0.0.0"
"""Address of a stream that is never sent to."""

EVENTS = "0-15"
"""The digits, `*`, `#` and A to D (RFC 4733 §3.2): all keys that we understand."""


def own_agreement(offer: RemoteMedia, policy: Policy) -> Agreement:
    """What we agree to of a remote's offer. Raises SdpError 488 when we can make nothing of it."""
    if offer.kind != AUDIO:
        raise SdpError("nobody here takes a fax", NOT_ACCEPTABLE)
    agree = _remembered if offer.stream.is_usual else _agreed
    return agree(offer.stream, policy.usable_codecs, policy.untranslated)


def _agreed(offer: Stream, codecs: tuple[str, ...], untranslated: frozenset[str]) -> Agreement:
    formats = permitted(offer.formats, codecs)
    audio = next((one for one in formats if can_translate(one, untranslated)), None)
    if audio is None:
        raise SdpError("no codec that can be spoken here", NOT_ACCEPTABLE)
    parameters = OPUS_PARAMETERS if audio.encoding == "OPUS" else audio.parameters
    keys = _keys(formats, audio.clock_rate)
    stream = _stream((audio._replace(parameters=parameters), *keys))
    stream.is_usual = offer.is_usual
    return Agreement(stream, Terms(stream.formats), offer.is_usual)


_remembered = lru_cache(REMEMBERED)(_agreed)


def own_media(policy: Policy) -> RemoteMedia:
    """What we would offer ourselves: everything that can be translated."""
    audio = [one for one in TRANSLATED if can_translate(one, policy.untranslated)]
    return RemoteMedia(_stream((*audio, KEYS)), NOWHERE, 0, 0)


def _keys(formats: Iterable[Format], rate: int) -> list[Format]:
    """Key presses are counted in the clock of the audio, where there are such (RFC 4733 §2.1)."""
    keys = [one for one in formats if one.encoding == TELEPHONE_EVENT]
    keys = [one for one in keys if one.clock_rate == rate] or keys[:1]
    return [one._replace(parameters=EVENTS) for one in keys[:1]]


def _stream(formats: tuple[Format, ...]) -> Stream:
    texts = {one.payload_type: described(one) for one in formats}
    return Stream(AUDIO, SENDRECV, 0, "RTP/AVP", PLAIN, formats, texts, "", "")
