"""UDPTL datagrams, which carry fax (ITU-T T.38 §9.1): a sequence number, and what we pass on.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-------------------------------+---------------+---------------+
    |        sequence number        |  length of the primary IFP …  |
    +-------------------------------+---------------+---------------+
    |  primary IFP, then repetitions of earlier ones or parity      |

There is no source identifier and no time: for the latch and the books all datagrams of a remote
are of one stream, and their number alone tells what is missing.
"""

from softswitch.media.rtp import Header

PAYLOAD_TYPE = -1
"""Of no RTP packet."""
PAYLOAD_TYPES = frozenset({PAYLOAD_TYPE})
_SMALLEST = 4
"""Number, length of an empty IFP, kind and count of the repetitions."""


def parse(datagram: bytes | bytearray | memoryview, size: int) -> Header | None:
    """The number of the first `size` octets, as a header that the latch can judge."""
    if size < _SMALLEST:
        return None
    sequence = int.from_bytes(datagram[:2], "big")
    return Header(False, PAYLOAD_TYPE, sequence, 0, 0, size)
