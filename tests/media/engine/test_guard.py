import sys

import pytest

from softswitch.media import ice, rtcp, stun
from softswitch.media.dtls import NEVER, Association
from softswitch.media.engine import guard as guards
from softswitch.media.engine.guard import Alarm, Guard, renew
from softswitch.media.engine.handshakes import LINGER
from softswitch.media.engine.interface import Dtls, Ice, Remote, Sdes
from softswitch.media.latch import Address
from softswitch.media.rtp import build
from softswitch.media.srtp import Receiver, Sender
from tests.support.dtls_peers import association, digest, endpoint

PHONE = ("192.0.2.9", 40_000)
BROWSER = ("198.51.100.7", 50_000)
STRANGER = ("203.0.113.66", 6_666)
HOSTS = frozenset({"192.0.2.9"})
CM_80 = "AES_CM_128_HMAC_SHA1_80"
OURS, THEIRS, OTHER = bytes(30), bytes(range(30)), bytes(range(1, 31))
PASSWORD = "ours/ours/ours/ours/ours"
CHECKS = Ice("ours", PASSWORD, "theirs")
PACKET = build(0, 1, 160, 7, b"sound")
REPORT = rtcp.serialize(rtcp.Report(7, None, ()))

PLAIN = Remote("192.0.2.9", 40_000, 40_001, (0,), "192.0.2.9", False, None)
SDES = PLAIN._replace(security=Sdes(CM_80, OURS, THEIRS))
PASSIVE = PLAIN._replace(security=Dtls(False, digest("phone")))
ACTIVE = PLAIN._replace(security=Dtls(True, digest("phone")))


def made(remote: Remote, alarm: Alarm | None = None, guard: Guard | None = None) -> Guard:
    """The guard for that remote, or a former one made new."""
    made = renew(guard, remote, PHONE, HOSTS, endpoint("switch"), alarm or Alarm(), 0.0)
    assert made is not None
    return made


def clear(guard: Guard, packet: bytes | None) -> bytes | None:
    assert packet is not None
    buffer = bytearray(packet)
    size = guard.unprotect(buffer, len(packet))
    return None if size < 0 else bytes(buffer[:size])


def runs(guard: Guard) -> list[bool]:
    """Is there one for what comes, and for what leaves?"""
    return [guard.receives(7) is not None, guard.sends(7) is not None]


def test_packets_that_follow_each_other_have_a_run_as_long_as_there_are_keys() -> None:
    it = made(PLAIN._replace(ice=CHECKS))
    assert (it.open, runs(it)) == (True, [False, False])
    made(PASSIVE, guard=it)
    assert (it.open, runs(it)) == (False, [False, False])
    made(SDES, guard=it)
    assert (it.open, runs(it)) == (False, [False, False])
    assert it.protect(PACKET)
    assert clear(it, Sender(CM_80, THEIRS).protect(PACKET))
    assert (it.open, runs(it)) == (False, [True, True])
    made(PLAIN._replace(ice=CHECKS), guard=it)
    assert (it.open, runs(it)) == (True, [False, False])
    assert it.found(bytearray(100)).protect_each([None], [0], [20]) == [20]


def check(*attributes: stun.Attribute, password: str = PASSWORD) -> bytes:
    named = ((stun.USERNAME, b"ours:theirs"), (ice.PRIORITY, bytes(4)), *attributes)
    return stun.build(stun.BINDING_REQUEST, b"0123456789ab", named, password.encode())


def shake(guard: Guard, peer: Association, datagrams: list[bytes], source: Address = PHONE) -> None:
    while datagrams:
        replies = [reply for data in datagrams for reply in guard.receive(data, source, 0.0)]
        datagrams = [again for data, _ in replies for again in peer.receive(data, 0.0)]


def test_a_plain_leg_has_no_guard() -> None:
    assert renew(made(SDES), PLAIN, PHONE, HOSTS, None, Alarm(), 0.0) is None


# keys of the description


def test_keys_of_the_description_work_at_once() -> None:
    it = made(SDES)
    assert it.admits(STRANGER)
    phone_sends, phone_hears = Sender(CM_80, THEIRS), Receiver(CM_80, OURS)
    assert clear(it, phone_sends.protect(PACKET)) == PACKET
    protected = it.protect(PACKET)
    assert protected is not None
    assert phone_hears.unprotect(bytearray(protected), len(protected)) == len(PACKET)
    report = phone_sends.protect_rtcp(REPORT)
    assert report is not None
    assert it.unprotect_rtcp(report) == REPORT
    assert phone_hears.unprotect_rtcp(it.protect_rtcp(REPORT) or b"") == REPORT
    assert (it.remote, it.next_deadline, it.failed) == (None, NEVER, "")


def test_a_new_description_with_the_same_keys_keeps_counters_and_windows() -> None:  # RTP-7
    it = made(SDES)
    sender = Sender(CM_80, THEIRS)
    for sequence in range(0, 100_000, 10_000):
        packet = sender.protect(build(0, sequence & 0xFFFF, 0, 7, b"x"))
        assert clear(it, packet)
        assert it.protect(build(0, sequence & 0xFFFF, 0, 9, b"x"))
    assert made(SDES._replace(rtp_port=40_002), guard=it) is it
    assert clear(it, packet) is None
    after = build(0, 100_000 & 0xFFFF, 0, 7, b"x")
    assert clear(it, sender.protect(after)) == after


def test_a_new_key_of_one_direction_leaves_the_other_alone() -> None:
    it = made(SDES)
    sent = Sender(CM_80, THEIRS).protect(PACKET)
    assert clear(it, sent)
    assert it.protect(PACKET)
    made(PLAIN._replace(security=Sdes(CM_80, OTHER, THEIRS)), guard=it)
    assert clear(it, sent) is None
    assert it.protect(PACKET)
    made(PLAIN._replace(security=Sdes(CM_80, OTHER, OTHER)), guard=it)
    assert clear(it, Sender(CM_80, THEIRS).protect(PACKET)) is None
    assert clear(it, Sender(CM_80, OTHER).protect(PACKET)) == PACKET
    assert it.protect(PACKET) is None


@pytest.mark.parametrize(
    ("before", "place", "heard"),
    [(SDES, PHONE, True), (SDES, STRANGER, False), (PASSIVE, PHONE, False)],
)
def test_a_remote_that_stays_may_go_on_for_a_while_under_its_old_key(
    before: Remote, place: Address, heard: bool
) -> None:  # RTP-7
    it = made(before)
    old, new = Sender(CM_80, THEIRS), Sender(CM_80, OTHER)
    later = SDES._replace(security=Sdes(CM_80, OURS, OTHER))
    it.renew(later, place, HOSTS, 0.0)
    assert (clear(it, old.protect(PACKET)) is not None) == heard
    assert not runs(it)[0]
    assert clear(it, new.protect(build(0, 2, 320, 7, b"sound")))
    assert runs(it)[0]
    assert clear(it, old.protect(build(0, 3, 480, 7, b"sound"))) is None


def test_there_is_no_run_while_two_keys_are_right() -> None:
    it, new = made(SDES), Sender(CM_80, OTHER)
    assert clear(it, Sender(CM_80, THEIRS).protect(PACKET))
    assert it.receives(7) is not None
    made(SDES._replace(security=Sdes(CM_80, OURS, OTHER)), guard=it)
    report = new.protect_rtcp(REPORT)
    assert report is not None
    assert it.unprotect_rtcp(report) == REPORT
    assert it.receives(7) is None
    assert clear(it, new.protect(PACKET))
    assert it.receives(7) is not None


def test_a_key_that_does_not_fit_closes_the_leg() -> None:
    alarm = Alarm()
    it = made(PLAIN._replace(security=Sdes(CM_80, OURS, bytes(3))), alarm)
    assert "30 octets" in it.failed
    assert alarm.at == 0.0
    assert clear(it, PACKET) is None
    assert it.protect(PACKET) is None
    assert it.unprotect_rtcp(REPORT) is None
    made(SDES, guard=it)
    assert it.failed == ""
    assert it.protect(PACKET)


def test_everything_once_more_and_a_hundred_thousand_wrong_tags_end_nothing() -> None:
    it = made(SDES)
    sender = Sender(CM_80, THEIRS)
    packets = [sender.protect(build(0, sequence, 0, 7, bytes(160))) for sequence in range(500)]
    assert all(clear(it, packet) for packet in packets)
    assert not any(clear(it, packet) for packet in packets)
    wrong = bytearray(packets[-1] or b"")
    size, unprotect = len(wrong), it.unprotect
    accepted, before = 0, sys.getallocatedblocks()
    for step in range(100_000):
        wrong[2:4] = (step & 0xFFFF).to_bytes(2, "big")
        wrong[20] = step & 0xFF
        accepted += unprotect(wrong, size) >= 0
    assert accepted == 0
    assert sys.getallocatedblocks() - before < 100
    after = build(0, 500, 0, 7, bytes(160))
    assert clear(it, sender.protect(after)) == after


# keys of a handshake


def test_keys_of_a_handshake_work_when_it_has_ended() -> None:
    alarm = Alarm()
    it, peer = made(PASSIVE, alarm), association("phone", "switch", active=True)
    assert it.protect(PACKET) is None
    assert clear(it, PACKET) is None
    hello = peer.start(0.0)
    assert it.receive(hello[0], STRANGER, 0.0) == []
    assert alarm.at == NEVER
    shake(it, peer, hello)
    assert alarm.at < NEVER
    assert peer.keys is not None
    assert it.remote == PHONE
    assert clear(it, Sender(peer.keys.suite, peer.keys.send_key).protect(PACKET)) == PACKET
    protected = it.protect(PACKET)
    assert protected is not None
    receiver = Receiver(peer.keys.suite, peer.keys.receive_key)
    assert receiver.unprotect(bytearray(protected), len(protected)) == len(PACKET)
    assert it.next_deadline == LINGER


def test_a_phone_behind_a_nat_may_begin_from_any_port() -> None:
    it, peer = made(PASSIVE), association("phone", "switch", active=True)
    shake(it, peer, peer.start(0.0), ("192.0.2.9", 61_000))
    assert it.remote == ("192.0.2.9", 61_000)


def test_we_begin_at_the_address_of_the_description() -> None:
    alarm = Alarm()
    it, peer = made(ACTIVE, alarm), association("phone", "switch", active=False)
    assert (alarm.at, it.next_deadline) == (0.0, 0.0)
    first = it.tick(0.0)
    assert {address for _, address in first} == {PHONE}
    shake(it, peer, [again for data, _ in first for again in peer.receive(data, 0.0)])
    assert peer.keys is not None
    assert it.protect(PACKET)


def test_the_wrong_certificate_is_the_end_and_is_told() -> None:  # RTP-8
    alarm = Alarm()
    it, other = made(PASSIVE, alarm), association("neighbour", "switch", active=True)
    shake(it, other, other.start(0.0))
    assert "certificate" in it.failed
    assert alarm.at == 0.0
    assert it.protect(PACKET) is None
    made(PASSIVE, guard=it)
    assert "certificate" in it.failed


def test_without_a_certificate_of_ours_there_is_no_handshake() -> None:
    it = renew(None, PASSIVE, PHONE, HOSTS, None, Alarm(), 0.0)
    assert it is not None
    assert it.failed == guards.NO_CERTIFICATE
    assert it.receive(association("phone", "switch", active=True).start(0.0)[0], PHONE, 0.0) == []
    assert it.tick(0.0) == []
    assert it.protect(PACKET) is None


def test_a_new_description_of_the_same_association_changes_nothing() -> None:
    it, peer = made(PASSIVE), association("phone", "switch", active=True)
    shake(it, peer, peer.start(0.0))
    protect = it.protect
    made(PASSIVE, guard=it)
    made(ACTIVE, guard=it)
    assert it.protect == protect
    assert it.protect(PACKET)


@pytest.mark.parametrize(
    "security",
    [Dtls(False, digest("phone"), "another association"), Dtls(False, digest("neighbour"))],
)
def test_another_association_ends_the_keys_of_the_one_before(security: Dtls) -> None:  # RTP-8
    it, peer = made(PASSIVE), association("phone", "switch", active=True)
    shake(it, peer, peer.start(0.0))
    assert it.protect(PACKET)
    made(PLAIN._replace(security=security), guard=it)
    assert it.protect(PACKET) is None
    assert it.remote is None


def test_before_the_handshake_roles_may_still_change() -> None:
    it = made(PASSIVE)
    made(PASSIVE, guard=it)
    assert it.next_deadline == NEVER
    made(ACTIVE, guard=it)
    assert it.next_deadline == 0.0


def test_a_phone_that_moves_is_called_again_unless_it_names_its_association() -> None:
    for name, again in (("", True), ("a name for the whole call", False)):
        security = Dtls(True, digest("phone"), name)
        it = made(PLAIN._replace(security=security))
        it.tick(0.0)
        moved = PLAIN._replace(security=security)
        it.renew(moved, ("192.0.2.9", 41_000), HOSTS, 0.25)
        assert (it.next_deadline == 0.25) is again


def test_keys_of_the_description_may_follow_a_handshake_and_the_other_way_round() -> None:
    it, peer = made(PASSIVE), association("phone", "switch", active=True)
    shake(it, peer, peer.start(0.0))
    made(SDES, guard=it)
    assert clear(it, Sender(CM_80, THEIRS).protect(PACKET)) == PACKET
    made(PASSIVE, guard=it)
    assert it.protect(PACKET) is None


# ICE


def test_with_ice_alone_packets_are_as_they_are_and_the_remote_is_where_it_nominates() -> None:
    it = made(PLAIN._replace(ice=CHECKS))
    assert it.remote is None
    assert clear(it, PACKET) == PACKET
    assert it.protect(PACKET) == PACKET
    assert not it.admits(BROWSER)
    ((answer, address),) = it.receive(check((ice.USE_CANDIDATE, b"")), BROWSER, 0.0)
    assert address == BROWSER
    assert stun.parse(answer) is not None
    assert it.remote == BROWSER
    assert it.admits(BROWSER)
    assert not it.admits(STRANGER)


def test_a_check_with_another_password_proves_nothing() -> None:
    it = made(PLAIN._replace(ice=CHECKS))
    refused = it.receive(check(password="guess" * 5), STRANGER, 0.0)
    assert len(refused) == 1
    assert it.remote is None


def test_new_credentials_start_checks_anew() -> None:
    it = made(PLAIN._replace(ice=CHECKS))
    it.receive(check(), BROWSER, 0.0)
    made(PLAIN._replace(ice=CHECKS), guard=it)
    assert it.remote == BROWSER
    made(PLAIN._replace(ice=CHECKS._replace(remote_username="restarted")), guard=it)
    assert it.remote is None
    assert len(it.receive(check(), BROWSER, 0.0)) == 1
    assert it.remote is None


def test_with_ice_only_a_checked_source_may_begin_a_handshake() -> None:
    it = made(PASSIVE._replace(ice=CHECKS))
    peer = association("phone", "switch", active=True)
    hello = peer.start(0.0)
    assert it.receive(hello[0], PHONE, 0.0) == []
    it.receive(check(), BROWSER, 0.0)
    shake(it, peer, hello, BROWSER)
    assert peer.keys is not None
    assert it.protect(PACKET)
    assert it.remote == BROWSER


def test_with_ice_we_begin_when_a_check_has_come() -> None:
    alarm = Alarm()
    it = made(ACTIVE._replace(ice=CHECKS), alarm)
    assert it.next_deadline == NEVER
    it.receive(check(), BROWSER, 5.0)
    assert it.next_deadline == alarm.at == 5.0
    assert {address for _, address in it.tick(5.0)} == {BROWSER}


def test_what_is_neither_stun_nor_dtls_is_dropped() -> None:
    for remote in (SDES, PASSIVE, PLAIN._replace(ice=CHECKS)):
        it = made(remote)
        for data in (b"", b"\0", b"\x13", b"\x16", b"\x3f" * 20, b"\x40", b"\xff" * 20, PACKET):
            assert it.receive(data, PHONE, 0.0) == []
        assert it.tick(1.0) == []


def test_no_key_is_shown() -> None:
    shown = repr(made(SDES._replace(ice=CHECKS)))
    assert PASSWORD not in shown
    assert repr(THEIRS)[2:-1] not in shown
    assert CM_80 in shown
