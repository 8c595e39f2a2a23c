"""The part of our descriptions that calls of the same phones share: formats, and their lines.

An offer follows from the other side's stream and the two users' `codecs`; what an answer agrees on
from our offer and that answer; our own answer from the offer and what was agreed on beyond. All
three are remembered for streams that come in call after call.
"""

from dataclasses import dataclass
from functools import lru_cache

from softswitch.media.formats import TELEPHONE_EVENT, Format
from softswitch.media.negotiation.choice import KEYS, permitted, to_answer, to_offer, understood
from softswitch.media.negotiation.stream import (
    HOLDING,
    IMAGE,
    NOT_ACCEPTABLE,
    SILENT_IN_ZEROS,
    Stream,
)
from softswitch.media.sdp import SdpError

REMEMBERED = 512
"""Of each kind; a flood of strange phones only evicts."""

DEFAULT_CLOCK_RATE = 8000
"""Of a stream without formats; nobody asks."""

LARGEST_L16_RATE = 32_000
"""Samples per second of which 20 ms take 1280 octets."""

SPELLED = {"OPUS": "opus", TELEPHONE_EVENT: "telephone-event"}
"""Some phones want these as the RFCs write them (RFC 7587, RFC 4733), though case means nothing."""


class Terms:
    """What packets mean that go to one remote and come from it."""

    __slots__ = ("clock_rate", "expected", "formats", "keepalive_payload_type", "payload_types")

    def __init__(self, formats: tuple[Format, ...], expected: tuple[Format, ...] = ()) -> None:
        self.formats = formats
        """With these numbers we send."""
        self.expected = expected
        """With these the remote sends. Empty when they are the same."""
        self.payload_types = tuple([known.payload_type for known in expected or formats])
        """What it may send."""
        first = formats[0] if formats else Format(-1, "", DEFAULT_CLOCK_RATE)
        self.clock_rate = first.clock_rate
        silent = first.payload_type in SILENT_IN_ZEROS
        self.keepalive_payload_type = first.payload_type if silent else None
        """The preferred codec, if a frame of silence can be made for it: 0 or 8."""


NO_TERMS = Terms(())
"""Of a fax."""


@dataclass(slots=True, eq=False)
class Plan:
    """What we say of a stream, but for its port, its keys and who we are."""

    kind: str
    terms: Terms
    words: str
    """The end of the m-line."""
    lines: str
    """The lines behind it, each with CRLF."""
    is_usual: bool


@dataclass(slots=True, eq=False)
class Agreement:
    """What an answer took of an offer of ours."""

    stream: Stream
    """The answer's."""
    terms: Terms
    is_usual: bool

    @property
    def is_held(self) -> bool:
        """Whoever answered so does not want to hear us."""
        return self.stream.direction in HOLDING


def offer_plan(
    source: Stream,
    codecs: tuple[str, ...],
    target: tuple[str, ...],
    untranslated: frozenset[str] = frozenset(),
    direction: str = "",
    *,
    to_browser: bool = False,
) -> Plan:
    """The stream of a user with `codecs` as an offer to one with `target`. Raises SdpError 488.

    In the source's direction unless told another.
    """
    plan = _remembered_offer if source.is_usual else _offer_plan
    return plan(source, codecs, target, untranslated, direction or source.direction, to_browser)


def agreement(offer: Plan, answer: Stream) -> Agreement:
    """What an answer to our offer means. Raises SdpError 488 when it fits nothing."""
    agree = _remembered_agreement if offer.is_usual and answer.is_usual else _agreement
    return agree(offer, answer)


def answer_plan(
    offer: Stream,
    codecs: tuple[str, ...],
    other: Agreement,
    untranslated: frozenset[str] = frozenset(),
    direction: str = "",
) -> Plan:
    """The answer to a user with `codecs`, when `other` was agreed on beyond. SdpError: 488."""
    plan = _remembered_answer if offer.is_usual and other.is_usual else _answer_plan
    return plan(offer, codecs, other, untranslated, direction or other.stream.direction)


@lru_cache(REMEMBERED)
def with_keys(agreement: Agreement) -> Agreement:
    """The same, of whoever takes keys in another way than as telephone events: the other side may
    press them as such."""
    formats = agreement.terms.formats
    if not formats or any(known.encoding == TELEPHONE_EVENT for known in formats):
        return agreement
    terms = Terms((*formats, KEYS), agreement.terms.expected)
    return Agreement(agreement.stream, terms, agreement.is_usual)


def _offer_plan(
    source: Stream,
    codecs: tuple[str, ...],
    target: tuple[str, ...],
    untranslated: frozenset[str],
    direction: str,
    to_browser: bool,
) -> Plan:
    if source.kind == IMAGE:
        return _image_plan(source)
    source_formats = permitted(source.formats, codecs)
    formats = to_offer(source_formats, target, untranslated, to_browser=to_browser)
    return _plan(formats, source, source.formats, direction, source.is_usual)


def _agreement(offer: Plan, answer: Stream) -> Agreement:
    if offer.kind != answer.kind:
        raise SdpError("answer with another kind of media than offered", NOT_ACCEPTABLE)
    if offer.kind == IMAGE:
        return Agreement(answer, NO_TERMS, is_usual=False)
    theirs, ours = understood(offer.terms.formats, answer.formats)
    same = all(
        one.payload_type == other.payload_type for one, other in zip(ours, theirs, strict=True)
    )
    is_usual = offer.is_usual and answer.is_usual
    return Agreement(answer, Terms(theirs, () if same else ours), is_usual)


def _answer_plan(
    offer: Stream,
    codecs: tuple[str, ...],
    other: Agreement,
    untranslated: frozenset[str],
    direction: str,
) -> Plan:
    answer = other.stream
    if offer.kind != answer.kind:
        raise SdpError("other kind of media than the other side agreed on", NOT_ACCEPTABLE)
    if offer.kind == IMAGE:
        return _image_plan(answer)
    formats = to_answer(permitted(offer.formats, codecs), other.terms.formats, untranslated)
    is_usual = offer.is_usual and other.is_usual
    return _plan(formats, answer, answer.formats, direction, is_usual)


def _plan(
    formats: tuple[Format, ...],
    source: Stream,
    known: tuple[Format, ...],
    direction: str,
    is_usual: bool,
) -> Plan:
    """`source` is whose words are passed on, where they are about the same format and number."""
    lines = [source.bandwidth]
    for one in formats:
        lines.append(source.texts.get(one.payload_type, "") if one in known else described(one))
    common = "" if _fills_packets(formats[0]) else source.common
    lines += [common, f"a={direction}\r\n"]
    words = " ".join([str(one.payload_type) for one in formats])
    return Plan(source.kind, Terms(formats), words, "".join(lines), is_usual)


def _fills_packets(one: Format) -> bool:
    """Twenty milliseconds of it do not fit a datagram: it has to find its own packet time."""
    return one.encoding == "L16" and one.clock_rate * one.channels > LARGEST_L16_RATE


def described(one: Format) -> str:
    """Its `rtpmap` and `fmtp` lines, each with CRLF."""
    number, encoding, rate, channels, parameters = one
    name = SPELLED.get(encoding, encoding)
    suffix = f"/{channels}" if channels != 1 else ""
    text = f"a=rtpmap:{number} {name}/{rate}{suffix}\r\n"
    return f"{text}a=fmtp:{number} {parameters}\r\n" if parameters else text


def _image_plan(source: Stream) -> Plan:
    """T.38 crosses with all that it says of itself (ITU-T T.38 annex D)."""
    return Plan(IMAGE, NO_TERMS, "t38", source.bandwidth + source.common, is_usual=False)


_remembered_offer = lru_cache(REMEMBERED)(_offer_plan)
_remembered_agreement = lru_cache(REMEMBERED)(_agreement)
_remembered_answer = lru_cache(REMEMBERED)(_answer_plan)
