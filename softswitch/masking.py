"""What nobody may read in a trace: digests of passwords, media keys, digits that were keyed.

Digits keyed as telephone-events travel in RTP and never reach SIP; those sent by INFO do.
"""

import re

MASK = b"***"

_CREDENTIALS = re.compile(
    rb"^((?:proxy-)?authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*", re.I | re.M
)
_KEY = re.compile(rb"(inline:)[^\s|;]+", re.I)
_SIGNAL = re.compile(rb"(signal[ \t]*=[ \t]*)[^\r\n]*", re.I)
_VISIBLE = re.compile(rb"[!-~]")


def mask(data: bytes) -> bytes:
    """The message without its secrets; most messages have none and come back as they are."""
    lowered = data.lower()
    if b"authorization" in lowered:
        data = _CREDENTIALS.sub(rb"\1 " + MASK, data)
    if b"inline:" in lowered:
        data = _KEY.sub(rb"\1" + MASK, data)
    if lowered.startswith((b"info ", b"message ")):
        data = _mask_body(data)
    return data


def _mask_body(data: bytes) -> bytes:
    """`Signal=5` becomes `Signal=*`; a body of another form loses every visible character."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        head, blank, body = data.partition(b"\n\n")
    if _SIGNAL.search(body):
        return head + blank + _SIGNAL.sub(rb"\1*", body)
    return head + blank + _VISIBLE.sub(b"*", body)
