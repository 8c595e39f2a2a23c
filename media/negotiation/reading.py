"""From the octets of an offer or answer to the stream in it that we can carry.

Phones say the same in call after call, and phones of a kind the same as each other, but for the
numbers of the call: such a description is read once and then found again by its text. Everything
else (several streams, keys, ICE, a fax) is read anew each time.

Which of several audio streams it is depends on what the user allows: the first that is encrypted
as it must be, or may be. A description in which a stream ought to be encrypted, and cannot, is
refused; nothing is ever read as plain that its writer wanted secret.
"""

import re
from dataclasses import replace
from functools import lru_cache

from softswitch.media import dtls_sdp, sdes
from softswitch.media.formats import STATIC, Format
from softswitch.media.negotiation.lines import MAX_PAYLOAD_TYPE, Lines
from softswitch.media.negotiation.policy import ANYTHING, Policy
from softswitch.media.negotiation.stream import (
    AUDIO,
    DTLS,
    DTLS_PROFILES,
    IMAGE,
    NOT_ACCEPTABLE,
    PLAIN,
    PLAIN_PROFILES,
    PROFILES,
    SDES,
    SENDRECV,
    Method,
    RemoteMedia,
    Secrets,
    Stream,
)
from softswitch.media.sdp import (
    MAX_PORT,
    NAME,
    UNICAST,
    UNREACHABLE,
    UNSPECIFIED,
    MediaDescription,
    SdpError,
    SessionDescription,
    address_kind,
    number,
)

WITHOUT_RECEIVING = {"sendrecv": "sendonly", "recvonly": "inactive"}
"""c=0.0.0.0 asks the other side not to send (RFC 3264 §8.4): that is a direction, too."""

ANY = "0.0.0.0"

AUDIO_LINE = "\r\nm=audio "
ORIGIN = "\r\no="
CONNECTION = "\r\nc=IN IP4 "
ANY_PORT = 9
"""Stands in a description that is remembered for that of the call: the discard service's."""
ANY_PHONE = "192.0.2.1"
"""So does this address, which is nobody's (RFC 5737 §3)."""

USUAL_OCTETS = 2048
"""Longer descriptions are not remembered. With SHAPES they take 3 MB of memory at most."""

SHAPES = 512
"""Descriptions that are remembered: a kind of phone each, with what it says on hold. A flood of
others only evicts."""

_OWN_KIND = ("a=crypto:", "a=ice-", "a=fingerprint:", "a=rtcp:")
"""What makes a description one of a kind, though it has one plain stream."""

_OCTET = r"(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])"
_PHONE = re.compile(rf"(?:[1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(?:\.{_OCTET}){{3}}", re.ASCII)
"""An IPv4 address at which there may be a phone: no multicast, nothing reserved or unspecified."""


def read(body: bytes, policy: Policy = ANYTHING, *, fax: bool = False) -> RemoteMedia:
    """The stream of an offer or answer that we carry; with `fax` that of a fax, if no audio is up.

    Raises SdpError: 400 malformed, 413 too large, 488 nothing in it that we can or may carry.
    """
    usual = _without_numbers(body)
    if usual is None:
        return _read(SessionDescription.parse(body), policy, fax)
    text, address, port = usual
    stream, known_address = _remembered(text)
    if policy.must_encrypt:
        raise SdpError(_PLAIN_REFUSED, NOT_ACCEPTABLE)
    return RemoteMedia(stream, address or known_address, port, port + 1)


def _without_numbers(body: bytes) -> tuple[str, str, int] | None:
    """What a phone says in every call, the address, if there is one that is simple, and the port of
    this one; None when nothing is that simple.

    Left out are the numbers that differ: the origin, which nobody here reads, the address, and the
    port of the only stream.
    """
    if len(body) > USUAL_OCTETS:
        return None
    text = body.decode("latin-1")
    head, _, stream = text.partition(AUDIO_LINE)
    port, _, rest = stream.partition(" ")
    if not (0 < len(port) <= 5 and port.isdecimal() and 0 < int(port) < MAX_PORT):
        return None
    if "m=" in head or "m=" in rest or not rest.startswith("RTP/AVP"):
        return None  # perhaps another stream or port
    for mark in _OWN_KIND:
        if mark in text:
            return None
    before, _, behind = head.partition(ORIGIN)
    origin, _, after = behind.partition("\r\n")
    if not origin.isprintable():
        return None  # perhaps more than one line
    text = f"{before}\r\n{after}{AUDIO_LINE}{ANY_PORT} {rest}"
    return *_without_address(text), int(port)


def _without_address(text: str) -> tuple[str, str]:
    """The text with another address in its only connection line, and that which was there; the same
    and no address when it is not that simple."""
    before, mark, behind = text.partition(CONNECTION)
    address, end, after = behind.partition("\r\n")
    if "c=" in before or "c=" in after or not _PHONE.fullmatch(address):
        return text, ""
    return f"{before}{mark}{ANY_PHONE}{end}{after}", address


@lru_cache(maxsize=SHAPES)
def _remembered(text: str) -> tuple[Stream, str]:
    """The same for all calls, and the address that is written there."""
    media = _read(SessionDescription.parse(text.encode("latin-1")), ANYTHING, fax=False)
    media.stream.is_usual = True
    return media.stream, media.address


_PLAIN_REFUSED = "plain RTP, where encryption is required"


def _read(description: SessionDescription, policy: Policy, fax: bool) -> RemoteMedia:
    session = Lines()
    session.read(description.lines, ())
    problems: list[str] = []
    for index, media in enumerate(description.media):
        if media.port and media.kind.lower() == AUDIO:
            found = _audio(description, session, index, policy)
            if isinstance(found, RemoteMedia):
                return found
            problems.append(found)
    if fax and not problems:
        for index, media in enumerate(description.media):
            if media.port and _is_t38(media):
                return _image(description, session, index)
    raise SdpError(problems[0] if problems else "no audio stream", NOT_ACCEPTABLE)


def _audio(
    description: SessionDescription, session: Lines, index: int, policy: Policy
) -> RemoteMedia | str:
    """One audio stream, or why it is not for us. Raises SdpError where it is malformed."""
    media = description.media[index]
    profile = media.protocol.upper()
    if profile not in PROFILES:
        return f"audio with the profile {media.protocol[:40]}, which we do not know"
    own = Lines()
    own.read(media.lines, media.formats)
    secrets = _secrets(own, session)
    method = _method(profile, secrets, policy)
    if method is None:
        return "encrypted audio without a key that we can use, or where encryption is off"
    if policy.must_encrypt and not method:
        return _PLAIN_REFUSED
    stream, address, port, rtcp_port = _stream(AUDIO, description, session, own, index, secrets)
    formats = _formats(media.formats, own)
    stream = replace(
        stream,
        method=method,
        formats=formats,
        texts={payload_type: "".join(texts) for payload_type, texts in own.texts.items()},
        common="".join(own.common.values()),
    )
    return RemoteMedia(stream, address, port, rtcp_port)


def _image(description: SessionDescription, session: Lines, index: int) -> RemoteMedia:
    media = description.media[index]
    own = Lines()
    own.read(media.lines, ())
    none = Secrets()
    stream, address, port, rtcp_port = _stream(IMAGE, description, session, own, index, none)
    return RemoteMedia(replace(stream, common="".join(own.fax)), address, port, rtcp_port)


def _is_t38(media: MediaDescription) -> bool:
    """T.38 over UDPTL (ITU-T T.38 annex D); the words may be in any case."""
    return (
        media.kind.lower() == IMAGE
        and media.protocol.lower() == "udptl"
        and media.formats[:1] != []
        and media.formats[0].lower() == "t38"
    )


def _stream(
    kind: str,
    description: SessionDescription,
    session: Lines,
    own: Lines,
    index: int,
    secrets: Secrets,
) -> tuple[Stream, str, int, int]:
    """What all kinds of streams have, the address, the RTP port and the RTCP port."""
    media = description.media[index]
    address, held = _address(own.connection or session.connection)
    direction = own.direction or session.direction or SENDRECV
    if held and not secrets.ice_username:
        # A browser that has gathered no candidate yet gives zeros, too; it means no hold.
        direction = WITHOUT_RECEIVING.get(direction, direction)
    stream = Stream(
        kind=kind,
        direction=direction,
        index=index,
        profile=media.protocol,
        method=PLAIN,
        formats=(),
        texts={},
        common="",
        bandwidth="".join([*session.bandwidth.values(), *own.bandwidth.values()]),
        ptime=own.ptime,
        rtcp_mux=own.rtcp_mux,
        mid=own.mid,
        bundled=bool(own.mid) and own.mid in session.bundle,
        secrets=secrets,
        description=description,
    )
    return stream, address, media.port, own.rtcp_port or min(media.port + 1, MAX_PORT)


def _secrets(own: Lines, session: Lines) -> Secrets:
    """What a stream says itself; else what the session says for all (RFC 5763 §5, RFC 8839 §5.4).

    Half a pair of ICE words is none.
    """
    username = own.ice_username or session.ice_username
    password = own.ice_password or session.ice_password
    has_ice = bool(username and password)
    return Secrets(
        cryptos=sdes.read(own.cryptos) if own.cryptos else (),
        digest=_digest(own.fingerprints or session.fingerprints),
        setup=own.setup or session.setup,
        tls_id=own.tls_id or session.tls_id,
        ice_username=username if has_ice else "",
        ice_password=password if has_ice else "",
        ice_lite=session.ice_lite,
    )


def _digest(fingerprints: list[str]) -> bytes:
    found = dtls_sdp.strongest(fingerprints) if fingerprints else None
    return found.digest if found is not None else b""


def _method(profile: str, secrets: Secrets, policy: Policy) -> Method | None:
    """How the stream is encrypted; None when it ought to be and cannot.

    Keys in a description count under a plain profile too, where they are only a wish.
    """
    is_plain = profile in PLAIN_PROFILES
    if not policy.may_encrypt:
        return PLAIN if is_plain else None
    by_keys = profile not in DTLS_PROFILES and any(one.usable for one in secrets.cryptos)
    if secrets.digest and (not by_keys or policy.encryption == DTLS):
        return DTLS
    if by_keys:
        return SDES
    return PLAIN if is_plain else None


def _formats(written: list[str], lines: Lines) -> tuple[Format, ...]:
    """In order of preference; those that nothing defines, and repeated numbers, are left out.

    Raises SdpError: 400 for one that is no payload type, 488 when no audio is left.
    """
    found: dict[int, Format] = {}
    for text in written:
        payload_type = number(text, MAX_PAYLOAD_TYPE, "payload type")
        if payload_type in found:
            continue
        named = lines.rtpmaps.get(payload_type)
        parameters = lines.fmtp.get(payload_type, "")
        if named is not None:
            found[payload_type] = Format(payload_type, *named, parameters)
        elif payload_type in STATIC:
            found[payload_type] = STATIC[payload_type]._replace(parameters=parameters)
    if not any(known.is_audio for known in found.values()):
        raise SdpError("no codec is named", NOT_ACCEPTABLE)
    return tuple(found.values())


def _address(connection: str | None) -> tuple[str, bool]:
    """Where to send, and whether the address asks us not to. Raises SdpError."""
    if connection is None:
        raise SdpError("stream without c= line")
    kind = address_kind(connection)
    if kind == UNREACHABLE:
        raise SdpError(f"no phone has the address {connection}", NOT_ACCEPTABLE)
    if kind == NAME:
        # A name under .invalid is IPv6's way to say 0.0.0.0 (RFC 6157 §3.1)
        return ANY, connection.lower().rstrip(".").endswith(".invalid")
    return connection, kind == UNSPECIFIED


def begins(body: bytes) -> bool:
    """Whether who sends this offer may start a handshake, or checks, at once: a quick guess."""
    return b"a=fingerprint:" in body or b"a=ice-ufrag:" in body


def is_private(address: str) -> bool:
    """True when the address says little about where packets will come from: latch on them.

    Addresses that are not reachable from everywhere, the unspecified one, and host names.
    """
    return address_kind(address) != UNICAST
