"""From text to what it means: durations, ports, addresses, numbers (features CFG-1, CFG-5).

Every scalar of the file arrives as text, so nothing is lost before it gets here: `0123` has its
zero, `22:00` is no number in base 60. Each function raises Wrong when the text is not what it
should be. Durations are seconds.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import Final

from softswitch.config.configuration import IpNetwork, ListenAddress, every_address
from softswitch.config.problems import Wrong, quoted

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

MAX_TEXT = 200
"""Characters of a name: what still fits into a From header field on one UDP packet."""

MAX_EXTENSION = 64

HANG_UP = "hangup"
HANG_UP_WORDS = ("", "busy", "not_found")
"""What the caller hears; nothing: what became of the call."""

VOICEMAIL: Final = "voicemail"
"""The mailbox of whose call it is; with `:105` behind it, that of 105."""

CONFERENCE: Final = "conference"
"""With `:board` behind it, the conference room of that name."""

STUN_PORT = 3478
"""Where STUN servers listen (RFC 8489 §18.6)."""
MIN_PORT_PAIRS = 2
"""A call needs two pairs of RTP ports, one for each leg."""

_DURATION = re.compile(r"(?:[0-9]{1,12}(?:\.[0-9]{1,6})?(?:ms|[smhdw]))+")
_DURATION_PART = re.compile(r"([0-9.]+)(ms|[smhdw])")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_PORT = re.compile(r"[0-9]{1,9}")
_DIALLED = re.compile(r"\+?[0-9*#]+")
_NAME = re.compile(r"[A-Za-z0-9*#+][A-Za-z0-9*#+._-]*")
_HOST_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def scalar(value: object) -> str:
    """One value, not a list, not keys with values, not nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        raise Wrong("nothing is written here", "write a value, or leave the whole line out")
    kind = "a list" if isinstance(value, list) else "keys with values"
    raise Wrong(f"must be one value, not {kind}")


def text(value: object) -> str:
    """A line of text in any language, without control characters (they end header fields)."""
    line = scalar(value).strip()
    if _CONTROL.search(line):
        raise Wrong("holds a control character or a line break")
    if len(line) > MAX_TEXT:
        raise Wrong(f"is {len(line)} characters long; {MAX_TEXT} at most")
    return line


def password(value: object) -> str:
    """A text that is not empty; spaces at its ends are kept."""
    secret = scalar(value)
    if not secret:
        raise Wrong("is empty", "leave the key out, and one is made at the first start")
    if _CONTROL.search(secret) or len(secret) > MAX_TEXT:
        raise Wrong(f"must be at most {MAX_TEXT} characters, none of them a control character")
    return secret


def one_of(*choices: str) -> Callable[[object], str]:
    """One of these words."""

    def choose(value: object) -> str:
        word = scalar(value)
        if word not in choices:
            near = word.lower()
            hint = f"did you mean {near}?" if near in choices else f"one of {', '.join(choices)}"
            raise Wrong(f"{quoted(word)} is not known here", hint)
        return word

    return choose


TRANSLATED_CODECS = ("opus", "g722", "pcma", "pcmu", "l16")
RELAYED_CODECS = ("g729", "g723", "g726-32", "gsm", "ilbc", "speex", "amr", "amr-wb")
"""These only reach a phone that knows them, too."""

OTHER_NAMES = {
    "alaw": "pcma",
    "g711a": "pcma",
    "ulaw": "pcmu",
    "mulaw": "pcmu",
    "g711": "pcma",
    "g711u": "pcmu",
}


def codec(value: object) -> str:
    """A codec, as descriptions name it: in upper case. Dots do not count: G.722 is g722."""
    word = scalar(value)
    known = (*TRANSLATED_CODECS, *RELAYED_CODECS)
    name = word.lower().replace(".", "")
    if name in known:
        return name.upper()
    near = [OTHER_NAMES[name]] if name in OTHER_NAMES else get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    raise Wrong(f"{quoted(word)} is no codec that is known here", hint)


SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def switch(value: object) -> bool:
    """`true`, `yes`, `on`, or `false`, `no`, `off`."""
    word = scalar(value)
    if word.lower() not in SWITCH:
        raise Wrong(f"{quoted(word)} is neither on nor off", "write true or false")
    return SWITCH[word.lower()]


def whole_between(low: int, high: int) -> Callable[[object], int]:
    """A whole number from `low` to `high`."""

    def convert(value: object) -> int:
        word = scalar(value)
        if not _PORT.fullmatch(word):
            raise Wrong(f"{quoted(word)} is not a whole number", f"from {low} to {high}")
        if not low <= int(word) <= high:
            raise Wrong(f"{word} is out of range", f"from {low} to {high}")
        return int(word)

    return convert


def duration(value: object) -> float:
    """`30s`, `1.5s`, `3m`, `2h`, `7d`, `1m30s`: a number is nothing without its unit."""
    word = text(value)
    if not _DURATION.fullmatch(word):
        raise _wrong_duration(word)
    return sum(float(number) * SECONDS[unit] for number, unit in _DURATION_PART.findall(word))


def _wrong_duration(word: str) -> Wrong:
    if word.startswith("-"):
        return Wrong(f"{quoted(word)}: a duration cannot be negative")
    if _NUMBER.fullmatch(word):
        return Wrong(f"{quoted(word)} has no unit", f"write {word.lstrip('+')}s for seconds")
    return Wrong(f"{quoted(word)} is not a duration", "write it like 30s, 1.5s, 3m, 2h or 7d")


def duration_between(low: str, high: str) -> Callable[[object], float]:
    """A duration from `low` to `high`, themselves written as durations."""
    least, most = duration(low), duration(high)

    def convert(value: object) -> float:
        seconds = duration(value)
        if not least <= seconds <= most:
            raise Wrong(f"{quoted(scalar(value))} is out of range", f"from {low} to {high}")
        return seconds

    return convert


def number(value: object) -> str:
    """Something to dial: `+`, `*`, `#` and leading zeros stay, spaces and dashes go (CFG-5)."""
    word = scalar(value)
    dialled = word.replace(" ", "").replace("-", "")
    if not _DIALLED.fullmatch(dialled) or len(dialled) > MAX_EXTENSION:
        raise Wrong(f"{quoted(word)} is not a number", "digits, *, #, and + in front")
    return dialled


def extension(value: object) -> str:
    """A number, or, where there is a letter in it, a name such as `anna.k` or `hall-phone`."""
    word = scalar(value)
    if not any(letter.isalpha() for letter in word):
        return number(word)
    if not _NAME.fullmatch(word) or len(word) > MAX_EXTENSION:
        raise Wrong(
            f"{quoted(word)} cannot be an extension",
            f"digits, letters a-z and . _ - * # +, {MAX_EXTENSION} at most; "
            "what the phone shows goes under name:",
        )
    return word


def destination(value: object) -> str:
    """Whom a call can be sent on to: an extension, a mailbox (`voicemail`, `voicemail:105`), a
    room (`conference:board`), a number outside, or nobody (`hangup`, `hangup:busy`)."""
    word = scalar(value)
    kind, colon, owner = word.partition(":")
    if kind == HANG_UP:
        if owner not in HANG_UP_WORDS or (colon and not owner):
            raise Wrong(
                f"{quoted(word)} is not known here", "hangup, hangup:busy, hangup:not_found"
            )
        return word
    if kind == CONFERENCE and colon:
        return f"{CONFERENCE}:{extension(owner)}"
    if kind != VOICEMAIL:
        return extension(word)
    return f"{VOICEMAIL}:{extension(owner)}" if colon else VOICEMAIL


def port(word: str) -> int:
    """A UDP or TCP port."""
    if not _PORT.fullmatch(word):
        raise Wrong(f"{quoted(word)} is not a port", "a number from 1 to 65535")
    if not 1 <= int(word) <= 65535:
        raise Wrong(f"port {word} does not exist", "a number from 1 to 65535")
    return int(word)


def listen(value: object) -> tuple[ListenAddress, ...]:
    """`5060` (every address), `192.0.2.1:5060` or `[2001:db8::1]:5060`."""
    word = text(value)
    if ":" not in word and "." not in word:
        return every_address(port(word))
    host, colon, port_text = word.rpartition(":")
    if not colon or (word.startswith("[") and word.endswith("]")):
        raise Wrong(f"{quoted(word)} has no port", f"write '{word}:5060'")
    if not host:
        raise Wrong(f"{quoted(word)} has no address", f"write {port_text} for every address")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise Wrong(f"{quoted(word)} is ambiguous", "an IPv6 address stands in [ ]: '[::1]:5060'")
    return (ListenAddress(_listen_host(host), port(port_text)),)


def _listen_host(host: str) -> str:
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        local = host.lower() == "localhost"
        hint = "write 127.0.0.1 for it" if local else "names are not resolved here"
        raise Wrong(f"{quoted(host)} is not an IP address of this machine", hint) from None


def port_range(value: object) -> range:
    """`20000-20999`: the even ports in it; each has its odd neighbour for RTCP (RFC 3550 §11)."""
    word = scalar(value).replace(" ", "")
    first_text, dash, last_text = word.partition("-")
    if not dash:
        raise Wrong(f"{quoted(word)} is not a range of ports", "write it like 20000-20999")
    first, last = port(first_text), port(last_text)
    if last < first:
        raise Wrong(f"{word} is reversed", f"write {last}-{first}")
    if first % 2:
        raise Wrong("must begin with an even port, as RTP does", f"write {first + 1}-{last}")
    ports = range(first, last, 2)
    if len(ports) < MIN_PORT_PAIRS:
        raise Wrong(
            f"{word} is too small: a call needs 4 ports, two pairs",
            "write it like 20000-20999: 250 calls",
        )
    return ports


def host(value: object) -> str:
    """An IP address or a host name, in lower case."""
    word = text(value).lower()
    bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    try:
        address = ip_address(bare)
    except ValueError:
        return _host_name(word)
    if "%" in word:
        raise Wrong(f"{quoted(word)} is valid on this machine only", "write it without its zone")
    return str(address)


def _host_name(word: str) -> str:
    labels = word.removesuffix(".").split(".")
    fine = len(word) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in labels)
    if not fine or labels[-1].isdigit():
        raise Wrong(f"{quoted(word)} is neither an IP address nor a host name")
    return word


def external(value: object) -> str:
    """The address by which the world reaches this machine; `auto`: STUN servers are asked."""
    word = host(value)
    if word in ("0.0.0.0", "::"):
        raise Wrong(f"{word} is no address that a phone could send to")
    return word


def stun_server(value: object) -> ListenAddress:
    """`stun.example.com`, or with a port behind a colon."""
    word = text(value)
    name, colon, number = word.rpartition(":")
    if not colon:
        return ListenAddress(host(word), STUN_PORT)
    return ListenAddress(host(name), port(number))


def net(value: object) -> IpNetwork:
    """`192.168.0.0/16`, or a single address."""
    word = text(value)
    try:
        return ip_network(word)
    except ValueError:
        raise Wrong(f"{quoted(word)} is not a network", _net_hint(word)) from None


def _net_hint(word: str) -> str:
    try:
        return f"did you mean {ip_network(word, strict=False)}?"
    except ValueError:
        return "write it like 192.168.0.0/16 or fd00::/8"
