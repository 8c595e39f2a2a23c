"""Which formats we offer, and which we answer with (RFC 3264 §5.1, §6.1).

    caller      G.729, PCMA, tones                                   order of the caller
    offer       G.729, PCMA, tones │ PCMU, G.722, Opus, L16          what we can translate, behind
    answer      G.722                                                the callee's choice
    to caller   PCMA                                                 translated

What both sides share is passed on as it is, whether we understand it or not. Only when they share
nothing is audio translated; so what we add to an offer stands behind what the caller can do, unless
the callee's user is configured to prefer it.

Numbers of formats belong to one leg: an answer repeats those of the offer, whatever the other
leg's are.
"""

from collections.abc import Iterable

from softswitch.media.formats import COMFORT_NOISE, TELEPHONE_EVENT, Format
from softswitch.media.negotiation.stream import NOT_ACCEPTABLE
from softswitch.media.sdp import SdpError

OPUS_PARAMETERS = "useinbandfec=1"

TRANSLATED = (
    Format(8, "PCMA", 8000),
    Format(0, "PCMU", 8000),
    Format(9, "G722", 8000),
    Format(107, "OPUS", 48000, 2, OPUS_PARAMETERS),
    Format(117, "L16", 16000),
    Format(118, "L16", 8000),
)
"""What we add to an offer, the cheapest first. The dynamic numbers are rare ones: a number that
once meant a format may mean no other in the same dialog (RFC 3264 §8.3.2)."""

KEYS = Format(101, TELEPHONE_EVENT, 8000, 1, "0-15")

DYNAMIC = range(96, 128)

NOTHING: frozenset[str] = frozenset()

_CLOCK_RATES = {
    "PCMU": {8000},
    "PCMA": {8000},
    "G722": {8000, 16000},
    "OPUS": {48000},
    "L16": {8000, 16000, 24000, 32000, 44100, 48000},
}
"""Of what has a codec in media/codecs, which is the workers' and too heavy to ask here."""


def can_translate(known: Format, untranslated: frozenset[str] = NOTHING) -> bool:
    """Is there a codec of ours for it? `untranslated` are encodings whose library is missing."""
    mono = known.channels == 1 or known.encoding == "OPUS"  # which always says two (RFC 7587 §7)
    rates = _CLOCK_RATES.get(known.encoding, ())
    return mono and known.clock_rate in rates and known.encoding not in untranslated


def translates(
    ours: Iterable[Format], theirs: Iterable[Format], untranslated: frozenset[str] = NOTHING
) -> bool:
    """Can audio be made of other audio?"""
    return any(can_translate(one, untranslated) for one in ours) and any(
        can_translate(one, untranslated) for one in theirs
    )


def permitted(formats: Iterable[Format], codecs: tuple[str, ...]) -> tuple[Format, ...]:
    """Those that a user's `codecs` name, in the order of that list; all when there is none.

    Key presses and comfort noise come behind the audio, and are always permitted.
    """
    audio = [known for known in formats if known.is_audio]
    if codecs:
        audio = [known for known in audio if known.encoding in codecs]
        audio.sort(key=lambda known: codecs.index(known.encoding))
    beside = [known for known in formats if known.encoding in (TELEPHONE_EVENT, COMFORT_NOISE)]
    return (*audio, *beside)


def to_offer(
    source: tuple[Format, ...],
    codecs: tuple[str, ...],
    untranslated: frozenset[str] = NOTHING,
    *,
    to_browser: bool = False,
) -> tuple[Format, ...]:
    """The other side's formats as an offer to a user with these `codecs`.

    Raises SdpError 488 when nothing that he may use is among them, and nothing can be translated.
    """
    kept = permitted(source, codecs)
    audio = [known for known in kept if known.is_audio]
    beside = [known for known in kept if not known.is_audio]
    if any(can_translate(known, untranslated) for known in source):
        taken = {known.payload_type for known in source}
        extra = [known for known in permitted(TRANSLATED, codecs) if not _match(known, audio)]
        known_here = [known for known in extra if can_translate(known, untranslated)]
        audio += [_numbered(known, taken) for known in known_here]
        beside += _added_keys(beside, taken)
        if to_browser:
            beside = _keys_of(audio[0].clock_rate, beside, taken) if audio else beside
    if not audio:
        raise SdpError("no codec that this user may use", NOT_ACCEPTABLE)
    return (*audio, *beside)


def _added_keys(beside: list[Format], taken: set[int]) -> list[Format]:
    """Key presses for the formats that were added: at 8000 Hz, which every phone knows.

    A side that has none at all hears them as tones, and would lose them.
    """
    rates = {known.clock_rate for known in beside if known.encoding == TELEPHONE_EVENT}
    return [_numbered(KEYS, taken)] if rates and KEYS.clock_rate not in rates else []


def _keys_of(rate: int, beside: list[Format], taken: set[int]) -> list[Format]:
    """Key presses in the clock of the preferred audio alone: browsers take the slowest there is,
    and beside Opus they count its ticks in the other clock, and send but the end of each event."""
    keys = [known for known in beside if known.encoding == TELEPHONE_EVENT]
    others = [known for known in beside if known not in keys]
    fitting = [known for known in keys if known.clock_rate == rate]
    if keys and not fitting:
        fitting = [_numbered(keys[0]._replace(clock_rate=rate), taken)]
    return fitting + others


def _numbered(known: Format, taken: set[int]) -> Format:
    """With a number that stands for nothing else in the offer."""
    number = known.payload_type
    if number in taken:
        number = next((free for free in reversed(DYNAMIC) if free not in taken), number)
    taken.add(number)
    return known._replace(payload_type=number)


def understood(
    offered: tuple[Format, ...], answer: tuple[Format, ...]
) -> tuple[tuple[Format, ...], tuple[Format, ...]]:
    """What an answer takes of our offer: with its numbers, which we send with, and with ours.

    Raises SdpError 488 when there is no audio among it.
    """
    theirs, ours = [], []
    for known in answer:
        match = _match(known, offered)
        if match is not None:
            theirs.append(known)
            ours.append(match)
    if not any(known.is_audio for known in theirs):
        raise SdpError("answer without a codec that was offered", NOT_ACCEPTABLE)
    return tuple(theirs), tuple(ours)


def to_answer(
    offer: tuple[Format, ...],
    other: tuple[Format, ...],
    untranslated: frozenset[str] = NOTHING,
) -> tuple[Format, ...]:
    """The answer to an offer, when the other side has agreed on `other`: numbered as the offer.

    Raises SdpError 488 when they share no codec and there is nothing to translate.
    """
    shared: list[Format] = []
    for known in other:
        match = _match(known, offer) if known.is_audio else None
        if match is not None and match.payload_type not in [one.payload_type for one in shared]:
            shared.append(match._replace(parameters=known.parameters))
    if shared:
        return (*shared, *_beside(offer, other, shared[0].clock_rate, relayed=True))
    if not translates(offer, other, untranslated):
        raise SdpError("no codec in common", NOT_ACCEPTABLE)
    ours = next(known for known in offer if can_translate(known, untranslated))
    parameters = OPUS_PARAMETERS if ours.encoding == "OPUS" else ours.parameters
    ours = ours._replace(parameters=parameters)
    return (ours, *_beside(offer, other, ours.clock_rate, relayed=False))


def shares_audio(ours: Iterable[Format], theirs: tuple[Format, ...]) -> bool:
    """Can audio be passed on as it is?"""
    return any(known.is_audio and _match(known, theirs) is not None for known in ours)


def _beside(
    offer: tuple[Format, ...], other: tuple[Format, ...], rate: int, *, relayed: bool
) -> list[Format]:
    """Key presses and comfort noise of the answer.

    Key presses are counted in the clock of the audio (RFC 4733 §2.1): those of that rate alone, so
    that browsers do not take another; else those of the same rate on both sides.
    """
    keys = [known for known in offer if known.encoding == TELEPHONE_EVENT]
    theirs = [known for known in other if known.encoding == TELEPHONE_EVENT]
    if not theirs:
        keys = []
    else:
        rates = {one.clock_rate for one in theirs} if relayed else set()
        keys = (
            [known for known in keys if known.clock_rate == rate]
            or [known for known in keys if known.clock_rate in rates]
            or keys[:1]
        )
    keys = [_with_parameters(known, theirs) for known in keys]
    if relayed:
        keys += [
            known
            for known in offer
            if known.encoding == COMFORT_NOISE and _match(known, other) is not None
        ]
    return keys


def _with_parameters(keys: Format, theirs: list[Format]) -> Format:
    """Which events there are: those that the other side names."""
    match = _match(keys, theirs) or theirs[0]
    return keys._replace(parameters=match.parameters)


def _match(known: Format, others: Iterable[Format]) -> Format | None:
    """The format of others that means the same, best with the same number."""
    same = [other for other in others if known.same_codec(other)]
    for other in same:
        if other.payload_type == known.payload_type:
            return other
    return same[0] if same else None
