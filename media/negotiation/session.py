"""One leg's part in offers and answers (RFC 3264): what it has said, and what was agreed on.

    caller's leg              the other side, as it was read          callee's leg
    read(body)   ──────────►  RemoteMedia  ───────────────────────►  offer(media)
                                                                     read(body), take(answer)
    answer(offer, agreed)  ◄─────────────  Agreement  ◄────────────  │

A late offer runs the other way with the same four. Each leg has codecs, numbers, keys and versions
of its own; nothing of its path (address, keys, ICE, RTCP multiplexing, SSRCs, feedback) reaches
the other.
"""

from dataclasses import dataclass, replace

from softswitch.media.engine.interface import RTP, UDPTL, Dtls, Ice, Sdes
from softswitch.media.negotiation.choice import permitted, shares_audio, translates
from softswitch.media.negotiation.plans import (
    Agreement,
    Plan,
    Terms,
    agreement,
    answer_plan,
    offer_plan,
)
from softswitch.media.negotiation.policy import UNSECURED, Manner, Policy, manner_of
from softswitch.media.negotiation.protection import OUR_MID, Protection, Vault
from softswitch.media.negotiation.reading import read
from softswitch.media.negotiation.stream import (
    IMAGE,
    NOT_ACCEPTABLE,
    RemoteMedia,
    Stream,
)
from softswitch.media.sdp import MediaDescription, SdpError, address_type

DECLINED_PORT = 0


@dataclass(slots=True)
class Agreed:
    """What the media engine has to know of the leg's remote, besides where it is."""

    media: RemoteMedia
    terms: Terms
    security: Sdes | Dtls | None
    ice: Ice | None
    rtcp_mux: bool

    @property
    def kind(self) -> str:
        """RTP, or UDPTL for a fax."""
        return UDPTL if self.media.kind == IMAGE else RTP


class Session:
    """Of one leg, for the life of its dialog."""

    __slots__ = (
        "_address",
        "_offered",
        "_port",
        "_said",
        "_session_id",
        "_slot",
        "_slots",
        "_vault",
        "_version",
        "agreed",
        "policy",
        "protection",
    )

    def __init__(
        self,
        policy: Policy,
        *,
        address: str,
        rtp_port: int,
        session_id: int,
        vault: Vault,
        manner: Manner = UNSECURED,
    ) -> None:
        """`session_id` tells the sessions of one peer apart (RFC 8866 §5.2)."""
        self.policy = policy
        self._address = address
        self._port = rtp_port
        self._session_id = session_id
        self._vault = vault
        self._version = 0
        self._said = ""
        self._offered: Plan | None = None
        self._slots: tuple[tuple[str, str], ...] = ()
        """Kind and refusal of each stream in the dialog; empty while ours is the only one."""
        self._slot = 0
        self.agreed: Agreed | None = None
        self.protection = Protection(vault, manner) if manner is not UNSECURED else None

    @property
    def encryption(self) -> str:
        """`sdes`, `dtls`, or "" for plain RTP."""
        protection = self.protection
        return protection.method if protection is not None and protection.security else ""

    @property
    def codec(self) -> str:
        """The preferred one of what was agreed on last, T38 for a fax, "" before."""
        agreed = self.agreed
        if agreed is None:
            return ""
        return agreed.terms.formats[0].encoding if agreed.terms.formats else "T38"

    # What the peer says

    def read(self, body: bytes) -> RemoteMedia:
        """An offer or answer of the peer. Raises SdpError: 400, 413, or 488 with the session as
        it was.

        A fax only takes the place of audio; and what is encrypted stays so (reliability §4,
        downgrade).
        """
        begun = self.agreed is not None
        fax = begun and self.policy.fax == "t38"
        media = read(body, self.policy, fax=fax)
        if self.encryption and not media.stream.method:
            raise SdpError("unencrypted media in place of encrypted", NOT_ACCEPTABLE)
        codecs = self.policy.usable_codecs
        if codecs and media.kind != IMAGE:
            media.codecs = codecs
            if not any(known.is_audio for known in permitted(media.stream.formats, codecs)):
                raise SdpError("no codec that this user may use", NOT_ACCEPTABLE)
        return media

    # What we say

    def offer(self, source: RemoteMedia, direction: str = "") -> bytes:
        """The other side's stream as an offer of ours, in its direction unless told another.

        Raises SdpError 488.
        """
        if source.kind == IMAGE and (self.policy.fax != "t38" or self.encryption):
            raise SdpError("no fax for this user, or not on an encrypted leg", NOT_ACCEPTABLE)
        policy = self.policy
        protection = self.protection
        plan = offer_plan(
            source.stream,
            source.codecs,
            policy.usable_codecs,
            policy.untranslated,
            direction,
            to_browser=protection is not None and protection.is_browser,
        )
        self._offered = plan
        if self._slots:
            self._take_place(plan.kind)
        if protection is None or plan.kind == IMAGE:
            return self._describe("", self._stream(plan, "RTP/AVP", self._port, ""))
        own = protection.offer()
        session = ""
        if protection.ice is not None:
            session = f"a=ice-lite\r\na=group:BUNDLE {OUR_MID}\r\n"
            own += protection.ice_lines(self._address, self._port) + f"a=mid:{OUR_MID}\r\n"
        return self._describe(session, self._stream(plan, protection.profile, self._port, own))

    def take(self, answer: RemoteMedia) -> Agreement:
        """The peer's answer to our offer. Raises SdpError 488 when it is none."""
        assert self._offered is not None
        result = agreement(self._offered, answer.stream)
        protection = self.protection
        security, ice, rtcp_mux = None, None, False
        if protection is not None:
            protection.take(answer.stream)
            security, ice, rtcp_mux = protection.security, protection.ice, protection.rtcp_mux
        self.agreed = Agreed(answer, result.terms, security, ice, rtcp_mux)
        return result

    def answer(self, offer: RemoteMedia, other: Agreement, direction: str = "") -> bytes:
        """Our answer, when the other side has agreed on `other`, in its direction unless told
        another. Raises SdpError 488.

        It has the offer's media descriptions, as many and in the same order; those we do not carry
        are declined with port 0 (RFC 3264 §6).
        """
        stream = offer.stream
        plan = answer_plan(stream, offer.codecs, other, self.policy.untranslated, direction)
        manner = manner_of(stream)
        if manner is not UNSECURED and self.protection is None:
            self.protection = Protection(self._vault, manner)
        protection = self.protection
        session, own = "", f"a=mid:{stream.mid}\r\n" if stream.mid else ""
        security, ice, rtcp_mux = None, None, False
        if protection is not None and plan.kind != IMAGE:
            own = protection.answer(stream) + own
            security, ice, rtcp_mux = protection.security, protection.ice, protection.rtcp_mux
            if ice is not None:
                own += protection.ice_lines(self._address, self._port)
                session = "a=ice-lite\r\n"
        if stream.bundled:
            session += f"a=group:BUNDLE {stream.mid}\r\n"
        self._lay_out(stream)
        self.agreed = Agreed(offer, plan.terms, security, ice, rtcp_mux)
        return self._describe(session, self._stream(plan, stream.profile, self._port, own))

    def decline(self, offer: RemoteMedia) -> bytes:
        """An answer that takes none of the offered streams (RFC 3264 §6)."""
        self._lay_out(offer.stream)
        media = offer.stream.description.media[offer.stream.index]
        return self._describe("", _declined(media))

    def continues(self, media: RemoteMedia) -> bool:
        """Is a new offer of the peer no business of the other side?

        It changes nothing but where the peer is, its keys and its direction; or it is a hold, or
        the end of one, with which phones like to sort their codecs anew.
        """
        agreed = self.agreed
        if agreed is None:
            return False
        old, new = agreed.media.stream, media.stream
        if new.kind != old.kind:
            return False
        if media.held or agreed.media.held:
            return True
        same = new.formats == old.formats or new.formats == agreed.terms.formats
        return same and new.common == old.common

    @property
    def agreement(self) -> Agreement:
        """What holds on this leg, for the answer to a new offer on the other."""
        assert self.agreed is not None
        return Agreement(self.agreed.media.stream, self.agreed.terms, is_usual=False)

    @property
    def source(self) -> RemoteMedia:
        """The same, for an offer on the other."""
        assert self.agreed is not None
        media = self.agreed.media
        stream = replace(media.stream, formats=self.agreed.terms.formats, is_usual=False)
        return replace(media, stream=stream)

    def suits(self, other: Agreement) -> bool:
        """Does our answer on this leg still do, when the other side now says that?

        Not when nothing is shared any more although the peer's offer has what would be.
        """
        assert self.agreed is not None
        ours, theirs = self.agreed.terms.formats, other.terms.formats
        if shares_audio(ours, theirs):
            return True
        if shares_audio(self.agreed.media.stream.formats, theirs):
            return False
        return translates(ours, theirs, self.policy.untranslated)

    # Text

    def _lay_out(self, offer: Stream) -> None:
        """Remember the streams of the peer's offer: no later description may have fewer (§8)."""
        media = offer.description.media
        if len(media) > 1 or self._slots:
            self._slots = tuple([(one.kind.lower(), _declined(one)) for one in media])
        self._slot = offer.index

    def _take_place(self, kind: str) -> None:
        """Find the place of an offer of ours: that of a stream of its kind, else of the last."""
        kinds = [one for one, _ in self._slots]
        if kind in kinds:
            self._slot = kinds.index(kind)

    def _stream(self, plan: Plan, profile: str, rtp_port: int, own: str) -> str:
        if plan.kind == IMAGE:
            profile = "udptl"
        return f"m={plan.kind} {rtp_port} {profile} {plan.words}\r\n{plan.lines}{own}"

    def _describe(self, session: str, stream: str) -> bytes:
        """All lines. A description that says the same again has the same version (RFC 3264 §8)."""
        if self._slots:
            streams = [declined for _, declined in self._slots]
            streams[self._slot] = stream
            stream = "".join(streams)
        text = f"t=0 0\r\n{session}{stream}"
        if text != self._said:
            self._said = text
            self._version += 1
        where = f"IN {address_type(self._address)} {self._address}"
        return (
            f"v=0\r\no=- {self._session_id} {self._version} {where}\r\ns=-\r\nc={where}\r\n{text}"
        ).encode("latin-1")


def _declined(media: MediaDescription) -> str:
    formats = " ".join(media.formats) or "0"  # ours needs one, though nobody reads it (§6)
    head = f"m={media.kind} {DECLINED_PORT} {media.protocol} {formats}\r\n"
    # Browsers find the streams of an answer by their mid, declined ones too (RFC 8829 §5.3.1).
    return head + "".join([f"{line}\r\n" for line in media.lines if line.startswith("a=mid:")])
