"""What a player shows of an MP3: an ID3 tag of version 2.3, before the sound (ML-4).

Older players and telephones know this version, and of its encodings all know UTF-16.
"""

from softswitch.mailbox.phrases import LocalTime

HEADER = 10
"""Octets before the frames, and before each frame's content."""
UTF_16 = b"\x01"
MAJOR, REVISION = 3, 0


def tag(title: str, artist: str, local: LocalTime) -> bytes:
    """For a recording that ended at this local time."""
    frames = b"".join(
        (
            _frame("TIT2", title),
            _frame("TPE1", artist),
            _frame("TYER", f"{local.year:04}"),
            _frame("TDAT", f"{local.day:02}{local.month:02}"),
            _frame("TIME", f"{local.hour:02}{local.minute:02}"),
        )
    )
    return b"ID3" + bytes((MAJOR, REVISION, 0)) + _syncsafe(len(frames)) + frames


def _frame(name: str, text: str) -> bytes:
    """A frame's size is an ordinary number, unlike that of the tag."""
    content = UTF_16 + b"\xff\xfe" + text.encode("utf-16-le", errors="replace")
    return name.encode() + len(content).to_bytes(4, "big") + bytes(2) + content


def _syncsafe(size: int) -> bytes:
    """Seven bits an octet: so no player takes it for the beginning of sound."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
