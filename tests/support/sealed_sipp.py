"""A SIPp that can do SRTP, from another Debian than this one, and what it says of its packets.

SIPp 3.8 and later log what they did with each packet: `debugafile` of whoever plays a pattern,
`debugrefileaudio_…` of whoever sends it back.
"""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.load.peers.chroot import PeerMissing, entering
from tests.support.sipp import Server, Sipp

PACKAGES = ("sip-tester",)
PROGRAM = "usr/bin/sipp"
DEBUG = ("-srtpcheck_debug", "-rtpcheck_debug")

_MESSAGE = re.compile(r"^(?:UDP|TCP) message (sent|received) \[\d+\] bytes:\n\n", re.MULTILINE)
_RULE = re.compile(r"^-{20,} .*$", re.MULTILINE)
_MEDIA = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
_KEY = re.compile(r"^a=crypto:(\d+) (\S+) inline:([^\s|]+)", re.MULTILINE)
_FINAL = re.compile(r"SIP/2\.0 ([2-6]\d\d) .*?^CSeq:\s*\d+ INVITE", re.DOTALL | re.MULTILINE)
_TAKEN = re.compile(r"RXUA[CS]AUDIO -- processIncomingPacket\(\) rc == +(?:0 0x)?(-?\w+)")


class Message(NamedTuple):
    sent: bool
    text: str


class Description(NamedTuple):
    """What a side says of its media."""

    sent: bool
    port: int
    keys: dict[int, tuple[str, bytes]]
    """Suite, and master key with salt, by tag."""


class Agreed(NamedTuple):
    """Where SIPp's packets go and come from, and under which keys: those of each negotiation."""

    here: int
    there: int
    sends: list[tuple[str, bytes]]
    receives: list[tuple[str, bytes]]


class SealedSipp(Sipp):
    """One of them. It lives in a folder below `root`."""

    def __init__(
        self,
        scenario: str,
        server: Server,
        extension: str,
        folder: Path,
        root: Path,
        *,
        calls: str = "",
        port: int = 0,
    ) -> None:
        """Raises PeerMissing."""
        if not (root / PROGRAM).exists():
            raise PeerMissing(f"no SIPp in {root}: python -m tests.acceptance.sipp_srtp --setup")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder / f"sipp-{extension}"
        inside = Path("/") / self.folder.relative_to(root)
        program = entering(root, ["env", "-C", inside, "sipp"])
        super().__init__(
            scenario, server, extension, folder,
            calls=calls, port=port, program=program, options=DEBUG,
        )  # fmt: skip

    def status(self) -> str:
        """The final answers to its INVITEs, but for the question for a login."""
        found = [_FINAL.match(one.text) for one in said(self.messages()) if not one.sent]
        codes = [match[1] for match in found if match]
        return " ".join(code for code in codes if code != "401") or "none"

    def agreed(self) -> Agreed | None:
        """What was negotiated; None when nothing was."""
        descriptions = [found for one in said(self.messages()) if (found := described(one))]
        rounds = [
            (offer, answer) for offer, answer in pairwise(descriptions) if offer.sent != answer.sent
        ]
        # Answers alternate with offers, but for an offer that is made again with a login.
        rounds = rounds[::2]
        if not rounds:
            return None
        mine = [(ours, theirs) if ours.sent else (theirs, ours) for ours, theirs in rounds]
        tags = [next(iter(answer.keys), None) for _, answer in rounds]
        sides = list(zip(mine, tags, strict=True))
        return Agreed(
            mine[0][0].port,
            mine[0][1].port,
            [one.keys[tag] for (one, _), tag in sides if tag in one.keys],
            [other.keys[tag] for (_, other), tag in sides if tag in other.keys],
        )

    def played(self) -> int:
        """Packets that its pattern had."""
        return self._debugged("debugafile").count("SIPP SUCCESS SEND LOG")

    def taken(self) -> tuple[int, int]:
        """Packets that it has authenticated, and that it has refused.

        A caller looks at the last of those that have come since it sent.
        """
        codes = _TAKEN.findall(self._debugged("debugafile") + self._debugged("debugrefile*"))
        right = sum(1 for code in codes if int(code, 16) == 0)
        return right, len(codes) - right

    def compared(self) -> tuple[int, int]:
        """Packets that came back as they were sent, and others."""
        text = self._debugged("debugafile")
        return text.count("COMPARISON OK"), text.count("COMPARISON FAILED")

    def _debugged(self, name: str) -> str:
        return "".join(file.read_text("iso-8859-1") for file in self.folder.glob(name))


def said(log: str) -> list[Message]:
    """The messages of SIPp's log."""
    pieces = _MESSAGE.split(_RULE.sub("", log))
    return [
        Message(way == "sent", text) for way, text in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def described(message: Message) -> Description | None:
    """Its session description; None when it has none."""
    media = _MEDIA.search(message.text)
    if media is None:
        return None
    keys = {
        int(tag): (suite, base64.b64decode(material))
        for tag, suite, material in _KEY.findall(message.text)
    }
    return Description(message.sent, int(media[1]), keys)
