"""SIPp's stock scenarios with SRTP, adapted to a switch that stands between caller and callee.

They are written for each other and know neither logins nor a B2BUA. What is changed:

    both    no reliable provisional responses: the switch has none
    caller  a login; an ACK of a 2xx has a branch of its own (RFC 3261 §17.1.1.3)
    callee  the tag of its key is that of the offered line with its suite (RFC 4568 §7.1.3)
"""

import re

from tests.support.corpora import corpora
from tests.support.sipp import with_login

CALLER, CALLEE = "pfca_uac_apattern_crypto_simple", "pfca_uas_audio_crypto_simple"
SECOND_SUITE = "aescm128sha132"
"""Ours offer a phone 80 bits before 32, whatever its own order was."""

HESITATION = 200
"""Milliseconds: ten packets."""

_RELIABLE_LINE = re.compile(r" *(?:Supported|Require): 100rel\n| *RSeq: 1\n")
_PRACK = re.compile(r"  <!-- Send PRACK.*?</send>.*?</recv>\n", re.DOTALL)
_PRACK_TAKEN = re.compile(r'  <recv request="PRACK">.*?</send>\n', re.DOTALL)
_RINGING = re.compile(r'<recv response="180">.*?</recv>', re.DOTALL)
_ANSWER = "Via: [$2]\n      [last_From:]\n      [last_To:]"


def caller(kind: str = "") -> str:
    """The caller of that kind: the end of a file's name."""
    text = _RELIABLE_LINE.sub("", _stock(CALLER, kind))
    text = _RINGING.sub('<recv response="180" optional="true"/>', _PRACK.sub("", text))
    return with_login(re.sub(r"\[branch-\d\]", "[branch]", text))


def without_keys(scenario: str) -> str:
    """A caller that speaks plain RTP."""
    return re.sub(r" *a=crypto:.*\n", "", scenario)


def one_suite(scenario: str) -> str:
    """A caller that has a key for the first of its suites only."""
    return re.sub(r" *a=crypto:\[cryptotag2.*\n", "", scenario)


def insisting(scenario: str) -> str:
    """A caller that does without encryption under no circumstances (RFC 4568 §5.1.2)."""
    return scenario.replace("RTP/AVP", "RTP/SAVP")


def other_codec(scenario: str) -> str:
    """A renegotiation that a B2BUA has to pass on: to PCMA alone."""
    place = scenario.rindex("m=audio")
    later = re.sub(r"RTP/AVP [\d ]+", "RTP/AVP 8 101", scenario[place:])
    later = re.sub(r" *a=(?:rtpmap|fmtp):(?:0|18|9|103) .*\n", "", later)
    return scenario[:place] + later.replace("0,PCMU", "8,PCMA")


def hesitating(scenario: str) -> str:
    """A renegotiation whose caller goes on under its old keys for a while (RFC 4568 §7.1.4)."""
    place = scenario.rindex("<nop>")
    return f'{scenario[:place]}<pause milliseconds="{HESITATION}"/>\n  {scenario[place:]}'


def callee(kind: str = "") -> str:
    """The callee of that kind."""
    text = _PRACK_TAKEN.sub("", _RELIABLE_LINE.sub("", _stock(CALLEE, kind)))
    text = text.replace(_ANSWER, f"{_ANSWER};tag=[call_number]", 1)
    if kind == SECOND_SUITE:
        text = text.replace("a=crypto:[cryptotag1audio]", "a=crypto:2")
        text = text.replace("a=sendrecv", "a=x-tag:[cryptotag1audio]\n      a=sendrecv")
    return text


def as_they_are() -> tuple[str, str]:
    """Caller and callee, for each other."""
    return _stock(CALLER, ""), _stock(CALLEE, "")


def _stock(name: str, kind: str) -> str:
    file = corpora("sipp-stock") / "sipp_scenarios" / f"{name}{kind and f'_{kind}'}.xml"
    return file.read_text(encoding="iso-8859-1")
