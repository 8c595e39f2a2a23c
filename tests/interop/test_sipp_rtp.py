"""SIPp's media against the switch: streams, echoes and captures, each packet counted.

Its scenarios with SRTP and with checks of what comes back need a newer SIPp than Debian's.
"""

import json
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.interop.test_sipp import stock
from tests.support.corpora import corpora
from tests.support.endpoint import Endpoint
from tests.support.phones import Phone
from tests.support.sipp import Sipp, with_login
from tests.support.switch import Switch

PAYLOAD, PERIOD = 160, 20
"""Octets and milliseconds of a packet that SIPp streams."""
PACKETS, ROUNDS = 25, 2
RECORDED = 5.0
SETTLING = 5
"""Packets that the switch sends of its own before the first comes, or that SIPp leaves unplayed."""
DIGITS = "159*0"
NAMES = {"*": "star", "#": "pound"}


def with_media(action: str, milliseconds: int, payload_type: int = 8) -> str:
    """The stock caller with other media than its own, for so long."""
    scenario = with_login(stock("uac_pcap.xml"))
    begin, end = scenario.index("<nop>"), scenario.rindex("</nop>") + len("</nop>")
    pause = f'<pause milliseconds="{milliseconds}"/>'
    scenario = f"{scenario[:begin]}{action}{pause}{scenario[end:]}"
    scenario = re.sub(r'(?<=/>)\s*<pause milliseconds="\d+"/>\s*(?=<!-- The .crlf)', "", scenario)
    name = {0: "PCMU", 8: "PCMA"}[payload_type]
    offer = scenario.replace("RTP/AVP 8 101", f"RTP/AVP {payload_type} 101")
    return offer.replace("a=rtpmap:8 PCMA", f"a=rtpmap:{payload_type} {name}")


def streaming(file: Path, payload_type: int) -> str:
    """Streams have a port of their own."""
    milliseconds = PACKETS * ROUNDS * PERIOD + 300
    action = f'<nop><action><exec rtp_stream="{file},{ROUNDS},{payload_type}"/></action></nop>'
    scenario = with_media(action, milliseconds, payload_type)
    return scenario.replace("[media_port]", "[rtpstream_audio_port]")


def legs(switch: Switch, sip_call_id: str) -> list[dict[str, Any]]:
    """What is recorded of a call that is over: the caller's leg, then the callee's."""
    end = time.monotonic() + RECORDED
    while time.monotonic() < end:
        with closing(sqlite3.connect(switch.file.parent / "state" / "softswitch.db")) as store:
            rows = [json.loads(row) for (row,) in store.execute("SELECT legs FROM calls")]
        for row in rows:
            if row[0]["sip_call_id"] == sip_call_id:
                return list(row)
        time.sleep(0.05)
    raise AssertionError("the call is not recorded")


def call_id(calling: Sipp) -> str:
    found = re.search(r"Call-ID: (\S+)", calling.messages())
    assert found
    return found[1]


@pytest.mark.parametrize(("payload_type", "codec"), [(0, "PCMU"), (8, "PCMA")])
def test_every_packet_of_a_stream_arrives_and_its_echo_comes_back(
    switch: Switch, tmp_path: Path, payload_type: int, codec: str
) -> None:
    """The callee speaks PCMU alone."""
    file = tmp_path / "stream"
    file.write_bytes(bytes(PAYLOAD * PACKETS))
    with (
        Sipp(stock("uas.xml"), switch, "101", tmp_path, echo=True) as called,
        Sipp(streaming(file, payload_type), switch, "100", tmp_path, calls="101") as calling,
    ):
        called.register()
        called.play()
        calling.play()
        calling.finish()
        called.finish()
        caller, callee = legs(switch, call_id(calling))
    with Endpoint("101", switch.password("101"), switch.address) as phone:
        phone.register([("Expires", "0")], contact="*")
    assert (caller["codec"], callee["codec"]) == (codec, "PCMU")
    assert (caller["packets_lost"], callee["packets_lost"]) == (0, 0)
    streamed = PACKETS * ROUNDS
    assert caller["packets_received"] == streamed
    for count in (callee["packets_sent"], callee["packets_received"], caller["packets_sent"]):
        assert streamed <= count <= streamed + SETTLING


as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="SIPp plays captures through a raw socket: root only"
)


@as_root
def test_captured_keys_are_pressed_at_a_real_phone(switch: Switch, tmp_path: Path) -> None:
    """SIPp's captures of telephone events, each once (RTP-6)."""
    folder = corpora("sipp-stock") / "pcap"
    actions = "".join(
        f'<nop><action><exec play_pcap_audio="{folder}/dtmf_2833_{NAMES.get(digit, digit)}.pcap"/>'
        '</action></nop><pause milliseconds="300"/>'
        for digit in DIGITS
    )
    with (
        Phone("pjsua2", switch.sip, "101", switch.password("101"), codec="PCMA") as phone,
        Sipp(with_media(actions, 100), switch, "100", tmp_path, calls="101") as calling,
    ):
        phone.register()
        calling.play()
        incoming = phone.incoming()
        incoming.answer()
        assert incoming.digits(len(DIGITS)) == DIGITS
        calling.finish()
        incoming.ended()


@as_root
def test_captured_speech_is_echoed_packet_by_packet(switch: Switch, tmp_path: Path) -> None:
    capture = corpora("sipp-stock") / "pcap" / "g711a.pcap"
    action = f'<nop><action><exec play_pcap_audio="{capture}"/></action></nop>'
    with Sipp(with_media(action, 1500), switch, "100", tmp_path, calls="*600") as calling:
        calling.play()
        calling.finish()
        (caller, *_) = legs(switch, call_id(calling))
    assert caller["packets_lost"] == 0
    assert caller["packets_received"] >= 45
    assert abs(caller["packets_sent"] - caller["packets_received"]) <= SETTLING
