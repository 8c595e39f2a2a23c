"""SIPp against the switch: its own stock scenarios, and the ones that they do not have."""

import os
import re
from pathlib import Path

import pytest

from tests.support.corpora import corpora
from tests.support.endpoint import Endpoint
from tests.support.sipp import OWN, Sipp, with_login
from tests.support.switch import Switch

QUICK = {"8000": "300", "4000": "100", "5000": "300"}
"""Milliseconds in the stock scenarios, and those that are enough here."""


def stock(name: str) -> str:
    """A scenario of SIPp's own, with its long pauses shortened."""
    folder = corpora("sipp-stock")
    text = (folder / "docs" / name).read_text(encoding="iso-8859-1")
    for pause, shorter in QUICK.items():
        text = text.replace(f'milliseconds="{pause}"', f'milliseconds="{shorter}"')
    text = text.replace("o=([[:alnum:]]*)", "o=([^ ]*)")  # "-" is a user name too (RFC 8866 §5.2)
    return text.replace("pcap/", f"{folder}/pcap/")


def played(
    switch: Switch, folder: Path, caller: str, callee: str, *, transport: str = "u1"
) -> tuple[Sipp, Sipp]:
    """Extension 101 plays the callee, 100 the caller; both went as written."""
    with Endpoint("101", switch.password("101"), switch.address) as earlier:
        earlier.register([("Expires", "0")], contact="*")
    with (
        Sipp(callee, switch, "101", folder) as called,
        Sipp(caller, switch, "100", folder, calls="101", transport=transport) as calling,
    ):
        called.register()
        called.play()
        calling.play()
        calling.finish()
        called.finish()
    return calling, called


@pytest.mark.parametrize("transport", ["u1", "t1"])
@pytest.mark.parametrize("caller", ["uac.xml", "regexp.xml"])
def test_the_stock_caller_reaches_the_stock_callee(
    switch: Switch, tmp_path: Path, caller: str, transport: str
) -> None:
    played(switch, tmp_path, with_login(stock(caller)), stock("uas.xml"), transport=transport)


@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays captures through a raw socket: root only")
def test_the_stock_caller_plays_speech_and_a_digit(switch: Switch, tmp_path: Path) -> None:
    played(switch, tmp_path, with_login(stock("uac_pcap.xml")), stock("uas.xml"))


def test_a_stock_caller_without_a_login_gets_no_further(switch: Switch, tmp_path: Path) -> None:
    with Sipp(stock("uac.xml"), switch, "100", tmp_path, calls="101") as stranger:
        stranger.play()
        with pytest.raises(AssertionError, match="SIPp ended with 1"):
            stranger.finish()
        assert "401 Unauthorized" in stranger.messages()


def test_a_late_offer_and_early_media_meet(switch: Switch, tmp_path: Path) -> None:
    calling, _ = played(
        switch,
        tmp_path,
        (OWN / "caller_late_offer.xml").read_text(),
        (OWN / "callee_early_media.xml").read_text(),
    )
    assert "SIP/2.0 180 Ringing" in calling.messages()


def test_early_media_reaches_a_stock_caller(switch: Switch, tmp_path: Path) -> None:
    calling, _ = played(
        switch,
        tmp_path,
        with_login(stock("uac.xml")),
        (OWN / "callee_early_media.xml").read_text(),
    )
    progress = calling.messages().partition("SIP/2.0 183 ")[2].partition("-----")[0]
    assert "m=audio" in progress


def test_a_caller_who_requires_what_we_lack_is_told_so(switch: Switch, tmp_path: Path) -> None:
    """SIPp's pfca_uac requires 100rel (RFC 3262), which this version does not have."""
    scenario = (corpora("sipp-stock") / "sipp_scenarios" / "pfca_uac.xml").read_text()
    # Its sound file is not in the corpus, and SIPp 3.6 does not read its own line of RTCP.
    scenario = re.sub("<exec rtp_stream=.*/>|a=rtcp:.*\n", "", scenario)
    with Sipp(scenario, switch, "100", tmp_path, calls="101") as caller:
        caller.play()
        with pytest.raises(AssertionError):
            caller.finish()
        assert "SIP/2.0 420 " in caller.messages()
        assert "Unsupported: 100rel" in caller.messages()
