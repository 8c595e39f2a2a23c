"""How one leg is secured, and the lines that say so: SDES, DTLS-SRTP, ICE (as its lite side).

Legs are independent: what one is told of keys never reaches the other. A key of ours stays the same
for as long as the leg has its suite, so that re-offers do not disturb the stream (RFC 4568 §7.1.4),
and once a leg is encrypted, no offer makes it plain again.
"""

from collections.abc import Callable
from typing import NamedTuple

from softswitch.media import sdes
from softswitch.media.dtls_sdp import ACTIVE, EITHER, PASSIVE, answer_setup, begins
from softswitch.media.engine.interface import Dtls, Ice, Sdes
from softswitch.media.ice import candidate, fresh
from softswitch.media.negotiation.policy import Manner
from softswitch.media.negotiation.stream import (
    DTLS,
    NOT_ACCEPTABLE,
    PLAIN_PROFILES,
    SDES,
    Method,
    Secrets,
    Stream,
)
from softswitch.media.sdp import SdpError

OUR_MID = "0"


class Vault(NamedTuple):
    """What the switch secures its media with."""

    fingerprint: str
    """Of our DTLS certificate: "AA:BB:…", SHA-256."""
    entropy: Callable[[int], bytes]
    """So many octets that nobody can guess."""


class Protection:
    """Of one leg, from the first offer or answer on that has keys or ICE in it."""

    __slots__ = (
        "_components",
        "_keys",
        "_offered",
        "_suites",
        "_vault",
        "ice",
        "method",
        "profile",
        "rtcp_mux",
        "security",
        "wants_ice",
    )

    def __init__(self, vault: Vault, manner: Manner) -> None:
        self._vault = vault
        self._keys: dict[str, bytes] = {}
        """By algorithm: what we send under."""
        self._offered: tuple[sdes.Crypto, ...] = ()
        self._suites = manner.suites
        self._components = 2
        """Of ICE: RTP, and RTCP where it has a port of its own."""
        self.method: Method = manner.method
        self.profile = manner.profile
        self.wants_ice = manner.ice
        self.security: Sdes | Dtls | None = None
        self.ice: Ice | None = None
        self.rtcp_mux = False

    # Offers of ours

    def offer(self) -> str:
        """The lines of an offer of ours, each with CRLF."""
        lines = ""
        if self.method == SDES:
            # A suite in use stays: phones do not all survive a change in mid-call.
            used = self.security
            suites = (used.suite,) if isinstance(used, Sdes) else self._suites
            self._offered = tuple(
                sdes.Crypto(tag, suite, (sdes.Key(self._key(suite)),))
                for tag, suite in enumerate(suites, 1)
            )
            lines = "".join(_crypto_line(one) for one in self._offered)
        elif self.method == DTLS:
            lines = self._dtls_lines(EITHER) + "a=rtcp-mux\r\n"
        self._components = 1 if self.method == DTLS else 2
        if self.wants_ice and self.ice is None:
            self.ice = self._new_ice("")
        return lines

    def take(self, answer: Stream) -> None:
        """Learn from the answer. Raises SdpError 488 when it is less secure than our offer."""
        if not self.method or (self._may_stay_plain and _says_nothing_of_keys(answer)):
            self.security = None
        elif answer.method != self.method:
            raise SdpError("answer without the encryption that was offered", NOT_ACCEPTABLE)
        elif self.method == SDES:
            self.security = self._agreed_keys(answer.secrets)
        else:
            self.security = self._answered_dtls(answer.secrets)
        self._take_ice(answer)
        self.rtcp_mux = self.method == DTLS and answer.rtcp_mux

    def _agreed_keys(self, secrets: Secrets) -> Sdes:
        agreed = sdes.accept(self._offered, secrets.cryptos)
        if agreed is None:
            raise SdpError("answer without a key for what was offered", NOT_ACCEPTABLE)
        ours, theirs = agreed
        return Sdes(ours.algorithm, ours.material, theirs.material)

    def _answered_dtls(self, secrets: Secrets) -> Dtls:
        active = begins(secrets.setup)
        if active is None:
            raise SdpError("answer that does not say who begins DTLS", NOT_ACCEPTABLE)
        return Dtls(active, secrets.digest, secrets.tls_id)

    def _take_ice(self, answer: Stream) -> None:
        username = answer.secrets.ice_username
        if self.ice is not None:
            self.ice = self.ice._replace(remote_username=username) if username else None

    # Answers of ours

    def answer(self, offer: Stream) -> str:
        """The lines of our answer to an offer. Raises SdpError 488."""
        secrets = offer.secrets
        self.profile = offer.profile
        self.method = offer.method
        lines = ""
        if offer.method == SDES:
            lines = self._answer_keys(secrets)
        elif offer.method == DTLS:
            lines = self._answer_dtls(secrets)
        else:
            self.security = None
        self._answer_ice(secrets)
        self.rtcp_mux = offer.rtcp_mux and (offer.method == DTLS or self.ice is not None)
        self._components = 1 if self.rtcp_mux else 2
        return f"{lines}a=rtcp-mux\r\n" if self.rtcp_mux else lines

    def _answer_keys(self, secrets: Secrets) -> str:
        chosen = sdes.choose(secrets.cryptos)
        if chosen is None:
            raise SdpError("offer without a key that we can use", NOT_ACCEPTABLE)
        ours = self._key(chosen.algorithm)
        self.security = Sdes(chosen.algorithm, ours, chosen.material)
        return _crypto_line(sdes.Crypto(chosen.tag, chosen.suite, (sdes.Key(ours),)))

    def _answer_dtls(self, secrets: Secrets) -> str:
        before = self.security
        current = None
        if isinstance(before, Dtls) and before[1:] == (secrets.digest, secrets.tls_id):
            current = ACTIVE if before.active else PASSIVE
        setup = answer_setup(secrets.setup, current)
        if setup is None:
            raise SdpError("offer that does not say who begins DTLS", NOT_ACCEPTABLE)
        self.security = Dtls(setup == ACTIVE, secrets.digest, secrets.tls_id)
        return self._dtls_lines(setup)

    def _answer_ice(self, secrets: Secrets) -> None:
        """New words of theirs ask for new ones of ours (RFC 8839 §4.4.3.1.1)."""
        username = secrets.ice_username
        if not username or secrets.ice_lite:
            self.ice = None
        elif self.ice is None or self.ice.remote_username != username:
            self.ice = self._new_ice(username)

    # Parts

    def ice_lines(self, address: str, rtp_port: int) -> str:
        """Where we listen; "" when ICE is not spoken."""
        ice = self.ice
        if ice is None:
            return ""
        lines = f"a=ice-ufrag:{ice.local_username}\r\na=ice-pwd:{ice.local_password}\r\n"
        for component in range(1, self._components + 1):
            value = candidate(address, rtp_port + component - 1, component)
            lines += f"a=candidate:{value}\r\n"
        return lines + "a=end-of-candidates\r\n"

    @property
    def is_browser(self) -> bool:
        """DTLS and ICE together are all that browsers take, and hardly anybody else speaks both."""
        return self.method == DTLS and self.wants_ice

    @property
    def _may_stay_plain(self) -> bool:
        """Our keys stand under a plain profile, and nothing was ever sent under them."""
        return self.security is None and self.profile.upper() in PLAIN_PROFILES

    def _key(self, suite: str) -> bytes:
        """Ours for a suite, always the same."""
        algorithm = sdes.ALIASES.get(suite, suite)
        if algorithm not in self._keys:
            (made,) = sdes.offer((algorithm,), self._vault.entropy)
            self._keys[algorithm] = made.material
        return self._keys[algorithm]

    def _dtls_lines(self, setup: str) -> str:
        if not self._vault.fingerprint:
            raise SdpError("no certificate for DTLS", NOT_ACCEPTABLE)
        return f"a=setup:{setup}\r\na=fingerprint:sha-256 {self._vault.fingerprint}\r\n"

    def _new_ice(self, remote_username: str) -> Ice:
        return Ice(*fresh(self._vault.entropy), remote_username)


def _says_nothing_of_keys(answer: Stream) -> bool:
    """Nor of keys that we cannot use: whoever names some sends what we could not read."""
    return not (answer.method or answer.secrets.cryptos)


def _crypto_line(crypto: sdes.Crypto) -> str:
    return f"a=crypto:{sdes.serialize(crypto)}\r\n"
