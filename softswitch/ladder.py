"""A call's messages as a picture, the way RFC 3665 and sngrep draw them.

                              192.168.1.20:5060         switch          192.168.1.21:5060
    12:00:00.000    +0.000     │── INVITE (SDP) ────────►│                       │
    12:00:00.004    +0.004     │◄─ 100 Trying (INVITE) ──│                       │
    12:00:00.005    +0.005     │                         │── INVITE (SDP) ──────►│

Everything in a message was written by a stranger: what could steer a terminal is shown escaped.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from softswitch.packing import Entry

MARGIN = 24
"""Columns for the two times and the space behind them."""

LANE = 35
"""Columns between two lines of the picture: with two legs it is 95 wide."""

NARROW_LANE = 27
"""With more devices than one."""

OVERHANG = 6
"""Columns that a long address may stand over the last line: together 100."""


def ladder(
    entries: Sequence[Entry], *, left_out: int = 0, full: bool = False, zone: tzinfo | None = None
) -> str:
    """The picture, and with `full` every message below it. Times are local unless a zone is given.

    The columns are the caller, the switch, then the devices in the order they were called.
    """
    if not entries:
        return "no messages"
    picture = _Picture(entries, zone)
    lines = [picture.title(), *picture.arrows()]
    if left_out:
        lines.append(f"{left_out} messages in the middle were not kept")
    if full:
        for entry in entries:
            lines += ["", picture.heading(entry), *_message_lines(entry.data)]
    return "\n".join(lines)


class _Picture:
    def __init__(self, entries: Sequence[Entry], zone: tzinfo | None) -> None:
        self._entries = entries
        self._zone = zone
        self._start = entries[0].at
        self._peers: dict[int, str] = {}
        for entry in entries:
            self._peers.setdefault(entry.leg, entry.flow.split(" ")[-1])
        devices = sorted(leg for leg in self._peers if leg)
        self._places = {0: 0} | {leg: place for place, leg in enumerate(devices, 2)}
        self._lane = LANE if len(devices) < 2 else NARROW_LANE

    def title(self) -> str:
        """Who stands where."""
        width = self._lane - 2
        named = {place: self._peers.get(leg, "") for leg, place in self._places.items()}
        named[1] = "switch"
        end = MARGIN + self._lane * max(named) + OVERHANG
        row = [" "] * end
        for place, name in named.items():
            name = _clip(visible(name), width)
            at = min(MARGIN + place * self._lane - len(name) // 2, end - len(name))
            row[at : at + len(name)] = name
        return "".join(row).rstrip()

    def arrows(self) -> Iterator[str]:
        """One line for each message."""
        seen: set[tuple[int, bool, bytes]] = set()
        for entry in self._entries:
            key = (entry.leg, entry.sent, entry.data)
            label = describe(entry.data) + (" again" if key in seen else "")
            seen.add(key)
            yield f"{self._times(entry):<{MARGIN}}" + self._arrow(entry, label)

    def heading(self, entry: Entry) -> str:
        """Above a message shown whole."""
        verb = "sent to" if entry.sent else "received from"
        protocol, _, ends = entry.flow.partition(" ")
        ours, _, theirs = ends.partition(" ")
        return visible(f"{self._times(entry)}  {verb} {theirs} over {protocol} at {ours}")

    def _times(self, entry: Entry) -> str:
        wall = datetime.fromtimestamp(entry.at, self._zone).strftime("%H:%M:%S.%f")[:12]
        return f"{wall} {entry.at - self._start:+9.3f}"

    def _arrow(self, entry: Entry, label: str) -> str:
        """The lines of all places, and the arrow across those between the switch and the peer."""
        place = self._places[entry.leg]
        left, right = min(place, 1), max(place, 1)
        row = list(("│" + " " * (self._lane - 1)) * max(1, *self._places.values()) + "│")
        row[left * self._lane + 1 : right * self._lane] = "─" * ((right - left) * self._lane - 1)
        for crossed in range(left + 1, right):
            row[crossed * self._lane] = "┼"
        if (place == 0) is entry.sent:
            row[left * self._lane + 1] = "◄"
        else:
            row[right * self._lane - 1] = "►"
        label = f" {_clip(label, self._lane - 7)} "
        at = left * self._lane + 3 if left == place else right * self._lane - self._lane + 3
        row[at : at + len(label)] = label
        return "".join(row)


def describe(data: bytes) -> str:
    """A message in a few words: `INVITE (SDP)`, `200 OK (INVITE, SDP)`."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    text = visible(first.decode("utf-8", "replace"))
    if text.startswith("SIP/2.0 "):
        text, notes = text[8:].rstrip(), [_method(rest)]
    else:
        text, notes = text.partition(" ")[0], []
    if body.startswith(b"v=0"):
        notes.append("SDP")
    return f"{text} ({', '.join(notes)})" if notes else text


def _method(head: bytes) -> str:
    """The method of the CSeq line; the response's only word about what it answers."""
    for line in head.split(b"\r\n"):
        if line[:5].lower() == b"cseq:":
            return visible(line.split()[-1].decode("utf-8", "replace"))
    return "?"


def visible(text: str) -> str:
    """The text with everything that is no visible character escaped, so that no peer's octets
    reach a terminal as commands (and no bidirectional override turns a line around)."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _message_lines(data: bytes) -> Iterator[str]:
    for line in data.decode("utf-8", "replace").rstrip("\r\n").split("\n"):
        text = visible(line.removesuffix("\r"))
        yield f"    {text}" if text else ""


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
