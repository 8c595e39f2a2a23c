"""Calls with keys, handshakes and checks, through a real worker and real sockets."""

import os
from collections.abc import Iterator

import pytest

from softswitch.media import ice, rtcp, stun
from softswitch.media.dtls import Association
from softswitch.media.engine import control
from softswitch.media.engine.departments import GUARDS
from softswitch.media.engine.guards import EARLY_LASTS
from softswitch.media.engine.interface import Dtls, Ice, Remote, Sdes
from softswitch.media.engine.leg import MAX_EARLY
from softswitch.media.formats import STATIC
from softswitch.media.rtp import SILENCE, build
from softswitch.media.srtp import SUITES, Receiver, Sender
from tests.media.engine.driver import BACKENDS, HOST, PAYLOAD, Driver, driver, port_range
from tests.support.corpora import corpora
from tests.support.dtls_peers import association, certificate, digest

CM_80 = "AES_CM_128_HMAC_SHA1_80"
PASSWORD = "ours/ours/ours/ours/ours"
REPORT = rtcp.serialize(rtcp.Report(7, None, ()))


@pytest.fixture(params=BACKENDS)
def it(request: pytest.FixtureRequest) -> Iterator[Driver]:
    ports = port_range()
    with driver(request.param, ports=ports) as started:
        pem = certificate("switch").pem
        started.say(control.Configure(*ports, 60.0, 300.0, (HOST,), pem))
        started.lend()
        started.say(control.Open(0), control.Open(1))
        yield started


class Talker:
    """A phone with keys, or without."""

    def __init__(self, it: Driver, port: int, address: str, name: str = "phone") -> None:
        self.it = it
        self.port = port
        self.phone = it.phone(address)
        self.phone.to = (HOST, it.pairs[port][1])
        self.name = name
        self.sender: Sender | None = None
        self.receiver: Receiver | None = None
        self.association: Association | None = None

    def describe(self, **changes: object) -> list[control.Message]:
        """Let signalling say where we are, and how we want to be spoken to; the worker's answer."""
        formats = (STATIC[0],)
        remote: Remote = self.phone.remote(0)._replace(formats=formats, **changes)  # type: ignore[arg-type]
        return self.it.say(control.SetRemote(self.port, remote))

    def sdes(self, suite: str = CM_80) -> Sdes:
        """Fresh keys of a description."""
        ours, theirs = (os.urandom(SUITES[suite].octets) for _ in range(2))
        self.sender, self.receiver = Sender(suite, ours), Receiver(suite, theirs)
        return Sdes(suite, theirs, ours)

    def protected(self, sequence: int, payload: bytes = PAYLOAD, ssrc: int = 7) -> bytes:
        packet = build(0, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc, payload)
        data = packet if self.sender is None else self.sender.protect(packet)
        assert data is not None
        return data

    def send(self, data: bytes) -> None:
        self.phone.rtp.sendto(data, self.phone.to)
        self.it.serve()

    def say(self, sequence: int, payload: bytes = PAYLOAD) -> bytes:
        """Send a packet; returns it as it was sent."""
        data = self.protected(sequence, payload)
        self.send(data)
        return data

    def heard(self) -> list[bytes]:
        """What has arrived, could be understood, and was not sent only to keep a NAT open."""
        payloads = []
        for data in self.phone.heard():
            packet = bytearray(data)
            receiver = self.receiver
            size = len(data) if receiver is None else receiver.unprotect(packet, len(data))
            if size >= 0 and packet[12:size] != SILENCE[0]:
                payloads.append(bytes(packet[12:size]))
        return payloads

    def shake(self, peer: Association, first: list[bytes]) -> None:
        """Carry handshakes through the sockets until nobody says anything."""
        self.association = peer
        for data in first:
            self.send(data)
        self.it.serve(2)
        while replies := self.phone.heard():
            for reply in replies:
                for data in peer.receive(reply, 0.0):
                    self.send(data)
        if peer.keys is not None:
            self.sender = Sender(peer.keys.suite, peer.keys.send_key)
            self.receiver = Receiver(peer.keys.suite, peer.keys.receive_key)

    def dial(self) -> None:
        """Be the one that begins."""
        peer = association(self.name, "switch", active=True)
        self.shake(peer, peer.start(0.0))

    def check(self, *attributes: stun.Attribute, password: str = PASSWORD) -> bytes:
        """Send a connectivity check; returns what comes back."""
        named = ((stun.USERNAME, b"ours:theirs"), (ice.PRIORITY, bytes(4)), *attributes)
        self.send(stun.build(stun.BINDING_REQUEST, os.urandom(12), named, password.encode()))
        return b"".join(self.phone.heard())


def pair(it: Driver) -> tuple[Talker, Talker]:
    return Talker(it, 0, "127.0.0.5"), Talker(it, 1, "127.0.0.6", "neighbour")


def talk(one: Talker, other: Talker, begin: int = 1) -> None:
    """Ten packets each way, every octet understood."""
    for talker, listener in ((one, other), (other, one)):
        payloads = [bytes((step + octet) & 0xFF for octet in range(160)) for step in range(10)]
        for step, payload in enumerate(payloads):
            talker.say(begin + step, payload)
        assert listener.heard() == payloads


def insecure(it: Driver) -> list[control.Insecure]:
    it.serve(2)
    return [said for said in it.heard() if isinstance(said, control.Insecure)]


# keys of the description


@pytest.mark.parametrize("suite", SUITES)
def test_a_phone_with_keys_talks_to_one_without(it: Driver, suite: str) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes(suite))
    jan.describe()
    it.say(control.Join(0, 1))
    talk(anna, jan)


def test_two_phones_with_keys_of_their_own_talk(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe(security=jan.sdes("AEAD_AES_256_GCM"))
    it.say(control.Join(0, 1))
    talk(anna, jan)
    assert insecure(it) == []


def test_reports_cross_under_keys_too(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes(), rtcp_mux=True)
    jan.describe(security=jan.sdes())
    it.say(control.Join(0, 1))
    talk(anna, jan)
    assert anna.sender is not None
    assert jan.receiver is not None
    anna.send(anna.sender.protect_rtcp(REPORT) or b"")
    (report,) = jan.phone.rtcp_heard()
    opened = jan.receiver.unprotect_rtcp(report)
    assert opened is not None
    assert rtcp.parse(opened) is not None


def test_what_is_not_protected_or_came_before_is_not_heard(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe()
    it.say(control.Join(0, 1))
    anna.send(build(0, 1, 160, 7, PAYLOAD))
    assert jan.heard() == []
    said = [anna.say(step) for step in range(1, 20)]
    assert len(jan.heard()) == 19
    for data in said:
        anna.send(data)
    anna.send(build(0, 20, 160, 7, PAYLOAD))
    assert jan.heard() == []
    talk(anna, jan, 30)


def test_a_stranger_without_the_key_neither_speaks_nor_hears_nor_ends_anything(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe(security=jan.sdes())
    it.say(control.Join(0, 1))
    stranger = it.phone("127.0.0.66")
    wrong = bytearray(anna.protected(1))
    wrong[-1] ^= 1
    for step in range(300):
        wrong[2:4] = step.to_bytes(2, "big")
        stranger.rtp.sendto(wrong, anna.phone.to)
        anna.phone.rtp.sendto(wrong, anna.phone.to)
        it.serve()
    assert jan.heard() == []
    talk(anna, jan, 400)
    assert stranger.heard() == []
    assert it.statistics(0).foreign >= 300


def test_a_new_description_with_the_same_keys_is_not_noticed(it: Driver) -> None:
    anna, jan = pair(it)
    keys = anna.sdes()
    anna.describe(security=keys)
    jan.describe()
    it.say(control.Join(0, 1))
    talk(anna, jan)
    anna.describe(security=keys)
    talk(anna, jan, 11)


def test_new_keys_replace_the_old(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe()
    it.say(control.Join(0, 1))
    talk(anna, jan)
    on_its_way, late = anna.protected(11), anna.protected(50)
    anna.describe(security=anna.sdes())
    anna.send(on_its_way)
    assert len(jan.heard()) == 1
    talk(anna, jan, 12)
    anna.send(late)
    assert jan.heard() == []
    talk(anna, jan, 23)


def test_loss_order_and_jitter_are_seen_under_keys_as_without(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe(security=jan.sdes())
    it.say(control.Join(0, 1))
    numbers = [*range(10), 12, 11, *range(14, 20)]
    for sequence in numbers:
        it.clock.now += 0.005 * (sequence % 3)
        anna.say(sequence)
    assert len(jan.heard()) == len(numbers)
    it.clock.now += 30.0
    anna.send(anna.protected(20))
    repeated = build(0, 21, 20 * 160, 7, PAYLOAD)
    assert anna.sender is not None
    anna.send(anna.sender.protect(repeated) or b"")
    assert len(jan.heard()) == 2
    seen = it.statistics(0)
    assert (seen.packets_received, seen.packets_lost) == (len(numbers) + 2, 2)
    assert 0.0 < seen.jitter < 0.02
    assert it.statistics(1).packets_sent >= len(numbers) + 2


def test_keys_that_do_not_fit_are_told_once_each(it: Driver) -> None:
    anna, jan = pair(it)
    assert control.Insecure(0, "unknown crypto suite") in anna.describe(security=Sdes("", b"", b""))
    jan.describe()
    it.say(control.Join(0, 1))
    assert insecure(it) == []
    anna.say(1)
    assert jan.heard() == []


def test_a_leg_that_ends_takes_its_keys_along(it: Driver) -> None:
    anna, _ = pair(it)
    anna.describe(security=anna.sdes())
    it.say(control.Close(0), control.Open(0))
    jan = Talker(it, 1, "127.0.0.6")
    plain = Talker(it, 0, "127.0.0.5")
    plain.describe()
    jan.describe()
    it.say(control.Join(0, 1))
    talk(plain, jan)


def test_a_leg_may_lose_its_keys_when_signalling_says_so(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=anna.sdes())
    jan.describe()
    it.say(control.Join(0, 1))
    talk(anna, jan)
    anna.sender = anna.receiver = None
    anna.describe()
    talk(anna, jan, 11)


# handshakes


def test_a_phone_that_shakes_hands_talks_to_one_without_keys(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=Dtls(False, digest("phone")), rtcp_mux=True)
    jan.describe()
    it.say(control.Join(0, 1))
    jan.say(1)
    assert anna.heard() == []
    anna.dial()
    assert anna.sender is not None
    talk(anna, jan, 2)


def test_a_phone_that_shakes_hands_talks_to_one_with_keys(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=Dtls(False, digest("phone")))
    jan.describe(security=jan.sdes())
    it.say(control.Join(0, 1))
    anna.dial()
    talk(anna, jan)


def test_a_hello_that_is_quicker_than_its_description_waits_for_it(it: Driver) -> None:
    anna, jan = pair(it)
    peer = association("phone", "switch", active=True)
    anna.send(peer.start(0.0)[0])
    anna.send(build(0, 1, 160, 7, PAYLOAD))
    assert anna.phone.heard() == []
    anna.describe(security=Dtls(False, digest("phone")))
    first = [again for data in anna.phone.heard() for again in peer.receive(data, 0.0)]
    assert first
    anna.shake(peer, first)
    jan.describe()
    it.say(control.Join(0, 1))
    talk(anna, jan)


@pytest.mark.parametrize("used_before", [False, True])
def test_a_hello_may_even_be_quicker_than_the_opening_of_its_port(
    it: Driver, used_before: bool
) -> None:
    it.lend()
    phone = it.phone("127.0.0.66")
    phone.to = (HOST, it.pairs[0][1])
    hello = association("phone", "switch", active=True).start(0.0)[0]
    if used_before:
        it.say(control.Open(0), control.Close(0))
    for begun in (False, True):
        phone.rtp.sendto(hello, phone.to)
        it.say(control.Open(0, begun))
        it.serve()
        assert len(it.worker._legs[0].early) == begun
        it.say(control.Close(0))


def test_no_more_waits_for_a_description_than_may_matter(it: Driver) -> None:
    anna, jan = pair(it)
    stranger = it.phone("127.0.0.66")
    hello = association("phone", "switch", active=True).start(0.0)[0]
    for _ in range(50):
        stranger.rtp.sendto(hello, anna.phone.to)
        it.serve()
    assert len(it.worker._legs[0].early) == MAX_EARLY
    anna.describe(security=Dtls(False, digest("phone")))
    assert stranger.heard() == []
    jan.send(hello)
    it.clock.now += EARLY_LASTS
    jan.describe(security=Dtls(False, digest("phone")))
    assert jan.phone.heard() == []
    assert it.worker._legs[1].early == ()


def test_a_plain_leg_that_somebody_listens_to_needs_no_guard(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe()
    jan.describe()
    leg = it.worker._legs[0]
    it.worker._departments.of(GUARDS).renewed(leg)
    assert leg.guard is None
    it.say(control.Join(0, 1))
    talk(anna, jan)


def test_we_begin_when_that_was_agreed(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=Dtls(True, digest("phone")))
    jan.describe()
    it.say(control.Join(0, 1))
    it.serve()
    peer = association("phone", "switch", active=False)
    first = [again for data in anna.phone.heard() for again in peer.receive(data, 0.0)]
    anna.shake(peer, first)
    talk(anna, jan)


def test_an_unanswered_hello_is_repeated(it: Driver) -> None:
    anna, _ = pair(it)
    anna.describe(security=Dtls(True, digest("phone")))
    it.serve()
    assert len(anna.phone.heard()) == 1
    assert it.worker._departments.of(GUARDS).next_deadline < it.clock.now + 1.1


def test_another_certificate_than_the_promised_is_told(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(security=Dtls(False, digest("neighbour")))
    jan.describe()
    it.say(control.Join(0, 1))
    anna.dial()
    (told,) = insecure(it)
    assert (told.port, "certificate" in told.why) == (0, True)
    anna.say(1)
    assert jan.heard() == []
    it.clock.now += 5.0
    assert insecure(it) == []


def test_the_hello_of_a_stranger_is_not_answered_and_disturbs_nobody(it: Driver) -> None:
    data = (corpora("cve-class") / "58-dtls-clienthello-null.bin").read_bytes()
    anna, jan = pair(it)
    stranger = it.phone("127.0.0.66")
    anna.describe(security=Dtls(False, digest("phone")))
    jan.describe()
    it.say(control.Join(0, 1))
    hello = association("phone", "switch", active=True).start(0.0)[0]
    for begun in (False, True):
        for noise in (data, hello):
            stranger.rtp.sendto(noise, anna.phone.to)
            it.serve()
        if not begun:
            anna.dial()
    assert stranger.heard() == []
    talk(anna, jan)


# checks


def test_a_browser_is_where_its_checks_come_from(it: Driver) -> None:
    anna, jan = pair(it)
    browser = Talker(it, 0, "127.0.0.7")
    credentials = Ice("ours", PASSWORD, "theirs")
    anna.describe(security=Dtls(False, digest("phone")), ice=credentials, rtcp_mux=True)
    jan.describe()
    it.say(control.Join(0, 1))
    browser.dial()
    assert browser.sender is None
    answer = stun.parse(browser.check((ice.USE_CANDIDATE, b"")))
    assert answer is not None
    assert answer.kind == stun.BINDING_SUCCESS
    browser.dial()
    talk(browser, jan)
    assert anna.heard() == []


def test_a_nominated_browser_may_move(it: Driver) -> None:
    anna, jan = pair(it)
    credentials = Ice("ours", PASSWORD, "theirs")
    anna.describe(security=anna.sdes(), ice=credentials)
    jan.describe()
    it.say(control.Join(0, 1))
    anna.check((ice.USE_CANDIDATE, b""))
    talk(anna, jan)
    it.clock.now += 10.0
    mobile = Talker(it, 0, "127.0.0.8")
    mobile.sender, mobile.receiver = anna.sender, anna.receiver
    mobile.check((ice.USE_CANDIDATE, b""))
    talk(mobile, jan, 20)
    assert anna.heard() == []


def test_with_checks_and_without_keys_only_checked_sources_are_heard(it: Driver) -> None:
    anna, jan = pair(it)
    anna.describe(ice=Ice("ours", PASSWORD, "theirs"))
    jan.describe()
    it.say(control.Join(0, 1))
    stranger = Talker(it, 0, "127.0.0.66")
    stranger.check(password="guess" * 5)
    for step in range(10):
        stranger.say(step)
    assert jan.heard() == []
    anna.check((ice.USE_CANDIDATE, b""))
    talk(anna, jan)
    jan.say(50)
    assert stranger.heard() == []
