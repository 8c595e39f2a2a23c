"""What the configuration lets one user do with media, and how his phones are called.

encryption   plain offer   keys in SDP (SDES)   DTLS      the phone is called with
off          taken         only as a wish       refused   plain RTP
optional     taken         taken                taken     what it last offered itself, or plain
sdes         refused       taken                taken     SDES
dtls         refused       taken                taken     DTLS
required     refused       taken                taken     what it last offered itself, or SDES

What a phone has not offered yet, its registration may tell: browsers take nothing but DTLS and ICE.
Who has offered keys is offered keys for the same suites: some read the first lines only.
"""

from typing import Literal, NamedTuple

from softswitch.media.negotiation.stream import DTLS, PLAIN, SDES, Method, Stream

Encryption = Literal["off", "optional", "sdes", "dtls", "required"]
Fax = Literal["t38", "passthrough", "off"]

FAX_CODECS = ("PCMA", "PCMU")
"""All that the tones of a fax survive."""


class Policy(NamedTuple):
    """A user's `codecs`, `encryption`, `fax`; and what this installation lacks."""

    codecs: tuple[str, ...] = ()
    """Encodings in upper case, preferred first; empty: all, in the order of whoever calls."""
    encryption: Encryption = "optional"
    fax: Fax = "t38"
    untranslated: frozenset[str] = frozenset()
    """Encodings that this installation has no library for: passed on, and that is all."""

    @property
    def must_encrypt(self) -> bool:
        """Plain RTP is refused."""
        return self.encryption not in ("off", "optional")

    @property
    def may_encrypt(self) -> bool:
        """Keys are listened to."""
        return self.encryption != "off"

    @property
    def usable_codecs(self) -> tuple[str, ...]:
        """`codecs`, of which a fax machine that sends its tones as audio may use G.711 alone."""
        if self.fax != "passthrough":
            return self.codecs
        return tuple([name for name in self.codecs if name in FAX_CODECS]) or FAX_CODECS


ANYTHING = Policy()


OFFERED_SUITES = ("AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""Of all that we can do: what is quick, and what every phone has. Each takes 90 octets."""


class Manner(NamedTuple):
    """How a phone secures its media, and so how it is best called."""

    method: Method = PLAIN
    profile: str = "RTP/AVP"
    ice: bool = False
    suites: tuple[str, ...] = OFFERED_SUITES
    """To offer it keys for, where keys are offered."""

    @property
    def begins(self) -> bool:
        """Whether the phone may start a handshake, or checks, in the moment of its answer."""
        return self.method == DTLS or self.ice


UNSECURED = Manner()
BY_KEYS = Manner(SDES, "RTP/SAVP")
BY_DTLS = Manner(DTLS, "UDP/TLS/RTP/SAVP")
"""Desk phones that know DTLS do not all know feedback; who does takes either."""
AS_BROWSER = Manner(DTLS, "UDP/TLS/RTP/SAVPF", ice=True)
"""All that a browser takes (RFC 8829 §5.1.2)."""
WITH_ICE = Manner(ice=True)


_FORCED: dict[str, Method] = {"sdes": SDES, "dtls": DTLS}


def manner_of(offer: Stream) -> Manner:
    """That of a phone, by what it offers itself."""
    ice = bool(offer.secrets.ice_username) and not offer.secrets.ice_lite
    if not offer.method and not ice:
        return UNSECURED
    return Manner(offer.method, offer.profile, ice, _suites(offer))


def _suites(offer: Stream) -> tuple[str, ...]:
    """Those of ours that a phone has keys for; all, when it has said nothing of them."""
    named = {crypto.suite for crypto in offer.secrets.cryptos if crypto.usable}
    return tuple([suite for suite in OFFERED_SUITES if suite in named]) or OFFERED_SUITES


def manner_towards(policy: Policy, last: Manner) -> Manner:
    """How to call a phone of a user with that policy, whose own last offer was such."""
    if policy.encryption == "off":
        return UNSECURED
    if policy.encryption == "optional":
        return last
    wanted = _FORCED.get(policy.encryption, last.method)
    if last.method and last.method == wanted:
        return last
    if wanted == DTLS:
        return AS_BROWSER if last.ice else BY_DTLS
    return BY_KEYS
