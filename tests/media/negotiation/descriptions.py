"""Descriptions as phones write them, and a leg's session to read them with."""

from itertools import count

from softswitch.media.negotiation import ANYTHING, UNSECURED, Manner, Policy, Session, Vault

SESSION = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"

DESK_PHONE = (
    "v=0\r\n"
    "o=100 17168 17168 IN IP4 192.168.1.20\r\n"
    "s=Talk\r\n"
    "i=secret notes\r\n"
    "c=IN IP4 192.168.1.20\r\n"
    "b=CT:120\r\n"
    "t=0 0\r\n"
    "a=rtcp-xr:rcvr-rtt=all:10000\r\n"
    "m=audio 11780 RTP/AVP 9 8 0 18 101\r\n"
    "b=AS:80\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:18 G729/8000\r\n"
    "a=fmtp:18 annexb=no\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=ptime:20\r\n"
    "a=maxptime:120\r\n"
    "a=silenceSupp:off - - - -\r\n"
    "a=sendrecv\r\n"
)

THEIR_DIGEST = bytes(range(32))
THEIR_FINGERPRINT = f"sha-256 {THEIR_DIGEST.hex(':').upper()}"
OUR_FINGERPRINT = ":".join(["AB"] * 32)

BROWSER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=msid-semantic: WMS *\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 110 126\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8gqq\r\na=ice-options:trickle\r\n"
    "a=candidate:1 1 UDP 2130706431 0b7a.local 40000 typ host\r\n"
    f"a=fingerprint:{THEIR_FINGERPRINT}\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=sendrecv\r\na=rtcp-mux\r\na=rtcp-fb:111 transport-cc\r\na=ssrc:1 cname:x\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"
)

FAX = (
    SESSION + "m=image 40010 udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
    "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:400\r\n"
    "a=T38FaxUdpEC:t38UDPRedundancy\r\na=T38FaxTranscodingMMR\r\n"
)


def audio(*lines: str, formats: str = "0", profile: str = "RTP/AVP") -> bytes:
    """A description with one audio stream and these lines behind its m-line."""
    text = "".join(f"{line}\r\n" for line in lines)
    return f"{SESSION}m=audio 40000 {profile} {formats}\r\n{text}".encode("latin-1")


def crypto(suite: str = "AES_CM_128_HMAC_SHA1_80", *, tag: int = 1, key: str = "A" * 40) -> str:
    """A line with a key."""
    return f"a=crypto:{tag} {suite} inline:{key}"


class Entropy:
    """Octets that never repeat, and never surprise."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, octets: int) -> bytes:
        return next(self._numbers).to_bytes(octets)


def session(
    policy: Policy = ANYTHING, manner: Manner = UNSECURED, fingerprint: str = OUR_FINGERPRINT
) -> Session:
    """A leg at our address."""
    return Session(
        policy,
        address="203.0.113.1",
        rtp_port=20000,
        session_id=5,
        vault=Vault(fingerprint, Entropy()),
        manner=manner,
    )


def stream_of(body: bytes) -> str:
    """What stands behind the lines of a session that every description of ours has."""
    head, found, stream = body.decode().partition("t=0 0\r\n")
    assert found, body
    assert "c=IN IP4 203.0.113.1\r\n" in head
    return stream
