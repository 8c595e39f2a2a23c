import json
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softswitch.media import srtp
from softswitch.media.rtp import build
from softswitch.media.srtp import (
    MAX_PACKET,
    MAX_STREAMS,
    SUITES,
    Memory,
    Receiver,
    Sender,
    SrtpError,
)
from tests.support import srtp_reference as reference
from tests.support.corpora import corpora

CM_80 = "AES_CM_128_HMAC_SHA1_80"
MASTER = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6")
REPORT = bytes.fromhex("80c90001cafebabe")

suites = pytest.mark.parametrize("suite", SUITES)


def master(suite: str) -> bytes:
    return bytes(range(7, 7 + SUITES[suite].octets))


def both(suite: str = CM_80) -> tuple[Sender, Receiver]:
    return Sender(suite, master(suite)), Receiver(suite, master(suite))


def protected(sender: Sender, packet: bytes) -> bytes:
    found = sender.protect(packet)
    assert found is not None
    return found


def clear(receiver: Receiver, packet: bytes) -> bytes | None:
    """What the receiver makes of a packet."""
    buffer = bytearray(packet).ljust(MAX_PACKET, b"\0")
    size = receiver.unprotect(buffer, len(packet))
    return None if size < 0 else bytes(buffer[:size])


def numbered(sequence: int, ssrc: int = 7, payload: bytes = b"sound") -> bytes:
    return build(0, sequence & 0xFFFF, 160, ssrc, payload)


# the vectors of the RFCs


def vectors() -> "dict[str, dict[str, dict[str, str]]]":
    found: dict[str, dict[str, dict[str, str]]] = json.loads(
        (corpora("srtp-vectors") / "rfc3711-6188.json").read_text()
    )
    return found


def test_the_key_stream_is_that_of_rfc_3711_b_2() -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    counter = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000")
    stream = reference.key_stream(key, counter, 0xFF02 * 16)
    assert stream[:16].hex() == "e03ead0935c95e80e166b16dd92b4eb4"
    assert stream[16:32].hex() == "d23513162b02d0f72a43a2fe4a5f97ab"
    assert stream[-16:].hex() == "6a2cc3787889374fbeb4c81b17ba6c44"


def test_keys_are_derived_as_in_rfc_3711_b_3() -> None:
    key, salt = MASTER[:16], MASTER[16:]
    assert reference.derive(key, salt, 0, 16).hex() == "c61e7a93744f39ee10734afe3ff7a087"
    assert reference.derive(key, salt, 2, 14).hex() == "30cbbc08863d8c85d49db34a9ae1"
    assert reference.derive(key, salt, 1, 20).hex() == "cebe321f6ff7716b6fd4ab49af256a156d38baa4"


def test_long_keys_are_derived_as_in_rfc_6188() -> None:
    key = bytes.fromhex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6")
    salt = bytes.fromhex("3b04803de51ee7c96423ab5b78d2")
    session = "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"
    assert reference.derive(key, salt, 0, 32).hex() == session
    assert reference.derive(key, salt, 2, 14).hex() == "fa31791685ca444a9e07c6c64e93"
    assert reference.derive(key, salt, 1, 20).hex() == "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"


def test_the_vectors_beside_the_project_are_met() -> None:
    for group, names in (
        ("rfc3711", ("B.3 key derivation",)),
        ("rfc6188", ("AES-256 key derivation", "AES-192 key derivation")),
    ):
        for name in names:
            vector = {key: str(value) for key, value in vectors()[group][name].items()}
            key = bytes.fromhex(vector["master_key"])
            salt = bytes.fromhex(vector["master_salt"])
            authentication = vector.get("auth_key") or vector["auth_key_94_octets"]
            for label, text in enumerate(
                (vector["cipher_key"], authentication, vector["cipher_salt"])
            ):
                assert reference.derive(key, salt, label, len(text) // 2).hex() == text


GALLIA = bytes.fromhex("8040f17b8041f8d35501a0b2") + b"Gallia est omnis divisa in partes tres"
QUID_PRO_QUO = b"Quid pro quo"
GCM_128, GCM_256 = bytes(range(16)), bytes(range(32))


@pytest.mark.parametrize(
    ("key", "cipher", "tag"),
    [
        (GCM_128, "f24de3a3fb34de6cacba861c9d7e4bca", "899d7f27beb16a9152cf765ee4390cce"),
        (GCM_256, "32b1de78a822fe12ef9f78fa332e33aa", "7aa3db36dfffd6b0f9bb7878d7a76c13"),
    ],
)
def test_gcm_packets_are_those_of_rfc_7714_16(key: bytes, cipher: str, tag: str) -> None:
    place = bytes.fromhex("00005501a0b200000000f17b")
    found = reference.galois(key, QUID_PRO_QUO, place, GALLIA[:12], GALLIA[12:])
    assert found[:16].hex() == cipher
    assert found[-16:].hex() == tag


def test_a_gcm_report_is_that_of_rfc_7714_17_1() -> None:
    body = bytes.fromhex("4e5450314e545032525450200000042a0000e9304c756e61" + "deadbeef" * 5)
    place = bytes.fromhex("00004d61727300000000") + bytes.fromhex("05d4")
    added = bytes.fromhex("81c8000d4d617273800005d4")
    found = reference.galois(GCM_128, QUID_PRO_QUO, place, added, body)
    assert found[-16:].hex() == "c84aa45896cf4d2fc5abf87245d9eade"


def test_the_reference_packet_of_libsrtp_is_met() -> None:
    packet = bytes.fromhex("800f1234decafbadcafebabe" + "ab" * 16)
    expected = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
    assert protected(Sender(CM_80, MASTER), packet).hex() == expected
    assert reference.protect(CM_80, MASTER, packet, 0).hex() == expected
    assert clear(Receiver(CM_80, MASTER), bytes.fromhex(expected)) == packet


def test_whole_packets_beside_the_project_are_met_up_to_the_last_rollover() -> None:
    data = vectors()["packets AES_CM_128_HMAC_SHA1"]
    for packet in data["packets"]:
        assert isinstance(packet, dict)
        rtp, rollover = bytes.fromhex(packet["rtp"]), packet["roc"]
        for suite, name in ((CM_80, "srtp_80"), ("AES_CM_128_HMAC_SHA1_32", "srtp_32")):
            assert reference.protect(suite, MASTER, rtp, rollover).hex() == packet[name]


# what we do is what the reference does


@suites
def test_packets_are_protected_as_the_rfcs_say_over_three_rollovers(suite: str) -> None:
    """G17: as many as a call of 66 minutes has."""
    sender, receiver = both(suite)
    for index in range(0, 3 * 65536 + 2000, 2000):
        packet = numbered(index)
        expected = reference.protect(suite, master(suite), packet, index >> 16)
        assert protected(sender, packet) == expected
        assert clear(receiver, expected) == packet


@suites
def test_reports_are_protected_as_the_rfcs_say(suite: str) -> None:
    sender, receiver = both(suite)
    for index in range(1, 4):
        expected = reference.protect_rtcp(suite, master(suite), REPORT + b"body", index)
        assert sender.protect_rtcp(REPORT + b"body") == expected
        assert receiver.unprotect_rtcp(expected) == REPORT + b"body"


@given(st.sampled_from(sorted(SUITES)), st.binary(max_size=300), st.integers(0, 0x7FFF))
@settings(max_examples=100)
def test_any_payload_crosses(suite: str, payload: bytes, sequence: int) -> None:
    sender, receiver = both(suite)
    packet = numbered(sequence, payload=payload)
    data = protected(sender, packet)
    assert data == reference.protect(suite, master(suite), packet, 0)
    assert clear(receiver, data) == packet


@suites
def test_packets_are_protected_and_unprotected_where_they_lie_in_a_large_buffer(suite: str) -> None:
    sender, receiver = both(suite)
    twin, _ = both(suite)
    assert clear(receiver, protected(sender, numbered(0)))
    assert twin.protect(numbered(0))
    sends, receives = sender.run(7), receiver.run(7)
    buffer = bytearray(5000)
    memory = Memory(buffer)
    starts, packets = (0, 300, 3000), [numbered(index) for index in (1, 2, 3)]
    for start, packet in zip(starts, packets, strict=True):
        buffer[start : start + len(packet)] = packet
    sizes = [len(packet) for packet in packets]
    ways = (sends, None, sends)
    longer = memory.protect_each(ways, starts, sizes)
    assert longer[1] == sizes[1]
    assert bytes(buffer[: longer[0]]) == twin.protect(packets[0])
    assert bytes(buffer[3000 : 3000 + longer[2]]) == twin.protect(packets[2])
    ways = (receives, None, receives)
    assert memory.unprotect_each(ways, starts, longer) == sizes
    for start, packet in zip(starts, packets, strict=True):
        assert buffer[start : start + len(packet)] == packet
    assert memory.unprotect_each((receives,), (0,), (longer[0],)) == [-1]
    assert memory.protect_each((sends,), (0,), (sizes[0],)) == [-1]


def test_a_run_begins_behind_a_packet_that_was_right_and_ends_when_its_source_is_retired() -> None:
    sender, receiver = both()
    assert sender.run(1) is receiver.run(1) is None
    assert clear(receiver, protected(sender, numbered(0, 1)))
    run = receiver.run(1)
    assert run is not None
    assert receiver.run(1) is run
    for ssrc in range(2, MAX_STREAMS + 2):
        assert clear(receiver, protected(sender, numbered(0, ssrc)))
    assert receiver.run(1) is None
    right = reference.protect(CM_80, master(CM_80), numbered(1, 1), 0)
    assert Memory(bytearray(right)).unprotect_each([run], [0], [len(right)]) == [-1]


# replay, order, loss


@suites
def test_a_packet_is_taken_once(suite: str) -> None:
    """G17: no replay is accepted."""
    sender, receiver = both(suite)
    packets = [protected(sender, numbered(sequence)) for sequence in range(300)]
    assert all(clear(receiver, packet) for packet in packets)
    assert not any(clear(receiver, packet) for packet in packets)
    report = sender.protect_rtcp(REPORT)
    assert report is not None
    assert receiver.unprotect_rtcp(report) == REPORT
    assert receiver.unprotect_rtcp(report) is None


def test_packets_may_come_late_within_the_window_only() -> None:
    sender, receiver = both()
    packets = [protected(sender, numbered(sequence)) for sequence in range(200)]
    assert clear(receiver, packets[199])
    assert clear(receiver, packets[199 - srtp.REPLAY_WINDOW + 1])
    assert clear(receiver, packets[199 - srtp.REPLAY_WINDOW - 1]) is None


def test_a_packet_from_before_the_rollover_is_taken_after_it() -> None:
    sender, receiver = both()
    packets = [protected(sender, numbered(65530 + step)) for step in range(12)]
    order = [0, 1, 8, 2, 9, 3, 4, 10, 5, 6, 7, 11]
    assert all(clear(receiver, packets[place]) for place in order)


def test_loss_around_the_rollover_does_not_lose_it() -> None:
    sender, receiver = both()
    for start in (0, 30_000, 60_000, 65_535 + 20_000, 65_535 + 50_000):
        packet = numbered(start)
        data = protected(sender, packet)
        assert clear(receiver, data) == packet


def test_nothing_is_protected_twice_under_one_number() -> None:
    sender, _ = both()
    assert sender.protect(numbered(500)) is not None
    assert sender.protect(numbered(500, payload=b"other")) is None
    assert sender.protect(numbered(300)) is None
    assert sender.protect(numbered(499)) is not None


# bad tags, other keys, strange packets


@suites
def test_no_number_of_bad_tags_ends_a_stream_or_grows_anything(suite: str) -> None:
    """G17: a hundred thousand, over all suites."""
    sender, receiver = both(suite)
    assert clear(receiver, protected(sender, numbered(1)))
    good = protected(sender, numbered(2))
    bad = bytearray(good[:-1] + bytes((good[-1] ^ 1,))).ljust(MAX_PACKET, b"\0")
    accepted, before = 0, sys.getallocatedblocks()
    for step in range(100_000 // len(SUITES) + 1):
        struct.pack_into("!I", bad, 8, step)
        struct.pack_into("!H", bad, 2, step & 0xFFFF)
        accepted += receiver.unprotect(bad, len(good)) >= 0
    assert accepted == 0
    assert sys.getallocatedblocks() - before < 100
    assert clear(receiver, good) == numbered(2)


def test_packets_under_another_key_are_not_taken() -> None:
    sender = Sender(CM_80, bytes(30))
    _, receiver = both()
    assert clear(receiver, protected(sender, numbered(1))) is None
    report = sender.protect_rtcp(REPORT)
    assert report is not None
    assert receiver.unprotect_rtcp(report) is None


@suites
def test_what_is_no_packet_is_not_taken(suite: str) -> None:
    sender, receiver = both(suite)
    for data in (b"", b"\x80", bytes(11), bytes(12), b"\x80" * 40, b"\xff" * 60):
        assert clear(receiver, data) is None
        assert receiver.unprotect_rtcp(data) is None
    for data in (b"", bytes(7), bytes(MAX_PACKET + 1)):
        assert sender.protect(data) is None
        assert sender.protect_rtcp(data) is None
    assert sender.protect(b"\x9f" + bytes(11)) is None


@given(st.binary(max_size=400))
@settings(max_examples=100)
def test_no_octets_raise(data: bytes) -> None:
    _, receiver = both()
    assert clear(receiver, data) is None
    assert receiver.unprotect_rtcp(data) is None


def test_no_seed_of_a_fuzzer_is_taken() -> None:
    folder = corpora("fuzz-seeds") / "libsrtp"
    _, receiver = both()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = Path(path).read_bytes()[:MAX_PACKET]
            assert clear(receiver, data) is None
            assert receiver.unprotect_rtcp(data) is None


# SSRCs


def test_a_new_ssrc_starts_a_stream_of_its_own() -> None:
    sender, receiver = both()
    for ssrc in (1, 2, 1, 3):
        packet = numbered(100 + 2 * ssrc + (ssrc == 1) * len(receiver._streams), ssrc)
        assert clear(receiver, protected(sender, packet)) == packet


def test_streams_are_bounded_and_a_retired_one_cannot_be_brought_back() -> None:
    receiver = Receiver(CM_80, master(CM_80))
    first = reference.protect(CM_80, master(CM_80), numbered(1, 0), 0)
    report = reference.protect_rtcp(CM_80, master(CM_80), REPORT[:4] + bytes(4), 1)
    assert clear(receiver, first)
    for ssrc in range(1, MAX_STREAMS + 1):
        assert clear(receiver, reference.protect(CM_80, master(CM_80), numbered(1, ssrc), 0))
    assert len(receiver._streams) == MAX_STREAMS
    assert clear(receiver, first) is None
    assert receiver.unprotect_rtcp(report) is None


def test_ten_thousand_ssrcs_grow_nothing() -> None:
    sender, receiver = both()
    for ssrc in range(10_000):
        assert clear(receiver, protected(sender, numbered(1, ssrc)))
    assert len(receiver._streams) == len(sender._streams) == MAX_STREAMS
    assert len(receiver._retired) == len(sender._retired) == srtp.MAX_RETIRED
    assert sender.protect(numbered(2, 9_000)) is None
    assert sender.protect_rtcp(REPORT[:4] + (9_000).to_bytes(4, "big")) is None


# keys


def test_a_suite_or_key_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SrtpError, match="unknown"):
        Sender("AES_192_CM_HMAC_SHA1_80", bytes(38))
    with pytest.raises(SrtpError, match="30 octets"):
        Receiver(CM_80, bytes(29))


def test_a_refusal_of_the_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(srtp.SUITES, CM_80, SUITES[CM_80]._replace(profile=0))
    with pytest.raises(SrtpError, match="refuses"):
        Sender(CM_80, bytes(30))


def test_a_report_that_cannot_be_protected_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, _ = both()
    monkeypatch.setattr(srtp, "_OK", -1)
    assert sender.protect_rtcp(REPORT) is None


def test_no_key_is_shown() -> None:
    assert repr(Sender(CM_80, MASTER)) == f"<Sender {CM_80}>"


def test_all_suites_are_there_best_first() -> None:
    assert [*SUITES] == [
        "AEAD_AES_128_GCM",
        "AEAD_AES_256_GCM",
        "AES_256_CM_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_80",
        "AES_256_CM_HMAC_SHA1_32",
        "AES_CM_128_HMAC_SHA1_32",
    ]
