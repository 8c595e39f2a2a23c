"""A real browser as a telephone (RTP-9): ICE, DTLS-SRTP and BUNDLE, in both directions.

Its descriptions travel in the SIP of an endpoint of ours, as a gateway for WebSockets would carry
them. The microphone hears one tone again and again; what the page plays is recorded in the page.
"""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audio import heard_tone, sounding, write_tone
from tests.support.chromium import Browser
from tests.support.endpoint import Endpoint
from tests.support.phones import Phone, PhoneCall
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch

BROWSER_TONE, PHONE_TONE = 700.0, 1100.0
LISTEN = 1.0
"""Seconds of sound that are compared."""
ENOUGH = 0.7
"""Of them are the tone: a recording begins and ends somewhere in a packet."""
GCM = "SRTP_AEAD_AES_128_GCM"
WEB_CONTACT = "<sip:k3f9@8d2ac.invalid;transport=ws>;+sip.ice"


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """101 and 102 are desk phones."""
    with Switch(
        tmp_path_factory.mktemp("switch"),
        each={"100": {"encryption": "dtls"}, "103": {"encryption": "optional"}},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    with Browser(folder, write_tone(folder / "microphone.wav", BROWSER_TONE, 2.0)) as running:
        yield running


@pytest.fixture(scope="module")
def desk(switch: Switch) -> Iterator[Phone]:
    with Phone("pjsua2", switch.sip, "101", switch.password("101")) as phone:
        phone.register()
        yield phone


@pytest.fixture(scope="module")
def opus(switch: Switch) -> Iterator[Phone]:
    with Phone("baresip", switch.sip, "102", switch.password("102"), codec="OPUS") as phone:
        phone.register()
        yield phone


def line_of(switch: Switch, extension: str, transport: str = "UDP") -> Endpoint:
    password = switch.password(extension)
    return Endpoint(extension, password, switch.address, transport=transport)


def call_from(
    browser: Browser, line: Endpoint, offer: str, phone: Phone
) -> tuple[ScriptedCall, PhoneCall]:
    """The browser calls the phone, which answers at once."""
    call = ScriptedCall.dial(line, phone.extension, offer.encode())
    incoming = phone.incoming()
    incoming.answer()
    while (message := line.receive()).status < 200:
        assert message.status, message
    assert message.status == 200, message
    call.learn(message)
    call.ack()
    browser.ask("accept", message.body.decode())
    return call, incoming


def call_to(browser: Browser, line: Endpoint, phone: Phone) -> tuple[ScriptedCall, PhoneCall, str]:
    """The phone calls the browser, which answers at once; and what the browser was offered."""
    outgoing = phone.dial(line.extension)
    call = ScriptedCall.incoming(line)
    assert call.invite is not None
    offer = call.invite.body.decode()
    call.reply(200, browser.ask("answer", offer).encode())
    call.expect("ACK")
    outgoing.wait("answered")
    return call, outgoing, offer


def reoffer(browser: Browser, call: ScriptedCall, direction: str) -> str:
    """The browser makes a new offer in its call; the switch's answer."""
    call.request("INVITE", browser.ask("offer", direction).encode())
    answer = call.expect(200).body.decode()
    call.ack()
    browser.ask("accept", answer)
    return answer


def encrypted(browser: Browser) -> bool:
    """The connection is up, and as a browser wants it."""
    transport = browser.ask("connected")["transport"]
    assert (transport["dtlsState"], transport["iceRole"]) == ("connected", "controlling")
    return bool(transport["srtpCipher"] == GCM)


def hear_each_other(browser: Browser, call: PhoneCall, folder: Path) -> None:
    """Both speak at once, and each has heard the other."""
    name = secrets.token_hex(4)
    said = write_tone(folder / f"{name}-said.wav", PHONE_TONE, 3 * LISTEN)
    by_phone, by_browser = folder / f"{name}-phone.wav", folder / f"{name}-browser.wav"
    call.play(said)
    browser.hear(LISTEN / 2, by_browser)  # until jitter buffers are filled, and it rings no more
    call.record(by_phone)
    browser.hear(LISTEN, by_browser)
    call.stop_recording()
    assert heard_tone(by_phone, BROWSER_TONE) >= ENOUGH
    assert heard_tone(by_browser, PHONE_TONE) >= ENOUGH


@pytest.fixture
def page(browser: Browser) -> Iterator[Browser]:
    """The browser, with its microphone switched on."""
    browser.ask("begin")
    yield browser
    browser.ask("end")


@pytest.mark.parametrize("codecs", [["opus", "PCMU"], ["PCMA"]])
def test_a_browser_calls_a_desk_phone_and_each_hears_the_other(
    switch: Switch, page: Browser, desk: Phone, tmp_path: Path, codecs: list[str]
) -> None:
    """Opus is preferred, but PCMU is what both have; PCMA has to be translated."""
    page.ask("prefer", codecs)
    with line_of(switch, "100") as line:
        call, phone = call_from(page, line, page.ask("offer"), desk)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        page.ask("press", "159#")
        assert phone.digits(4) == "159#"
        heard = page.ask("statistics")["inbound"]
        assert (heard["packetsLost"], heard["packetsReceived"] > 50) == (0, True)
        call.hangup()
        phone.ended()


def test_a_browser_and_a_phone_speak_opus_over_tcp(
    switch: Switch, page: Browser, opus: Phone, tmp_path: Path
) -> None:
    with line_of(switch, "100", transport="TCP") as line:
        call, phone = call_from(page, line, page.ask("offer"), opus)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        page.ask("press", "70*")
        assert phone.digits(3) == "70*"
        assert [row["sound"] for row in switch.calls()] == [["OPUS dtls", "OPUS"]]
        call.hangup()
        phone.ended()


def test_a_browser_that_hides_its_addresses_is_found_by_its_checks(
    switch: Switch, page: Browser, desk: Phone, tmp_path: Path
) -> None:
    """As Chromium writes it for a page that may not use the microphone: names under .local."""
    offer = re.sub(r"(a=candidate:\S+ 1 \w+ \d+ )\S+", r"\g<1>0b6f-4c1e.local", page.ask("offer"))
    offer = re.sub(r"m=audio \d+", "m=audio 9", offer)
    offer = re.sub(r"c=IN IP[46] \S+", "c=IN IP4 0.0.0.0", offer)
    assert offer.count(".local ") > 0
    with line_of(switch, "100") as line:
        call, phone = call_from(page, line, offer, desk)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        call.hangup()
        phone.ended()


def test_a_desk_phone_calls_a_browser_that_has_never_called(
    switch: Switch, page: Browser, desk: Phone, tmp_path: Path
) -> None:
    """What it is, its registration says; and each side may put the other on hold."""
    with line_of(switch, "103") as line:
        line.register(contact=WEB_CONTACT)
        call, phone, offer = call_to(page, line, desk)
        assert "UDP/TLS/RTP/SAVPF" in offer
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        assert "a=recvonly" in reoffer(page, call, "sendonly")
        switch.wait_for_state("held")
        assert "a=sendrecv" in reoffer(page, call, "sendrecv")
        switch.wait_for_state("talking")
        hear_each_other(page, phone, tmp_path)
        phone.hold()
        switch.wait_for_state("held")
        assert sounding(page.hear(LISTEN, tmp_path / "music.wav")) > LISTEN / 2
        phone.hangup()
        call.hung_up()
        line.register([("Expires", "0")], contact=WEB_CONTACT)


def test_keys_of_a_called_browser_reach_a_phone_that_speaks_opus(
    switch: Switch, page: Browser, opus: Phone, tmp_path: Path
) -> None:
    with line_of(switch, "103") as line:
        line.register(contact=WEB_CONTACT)
        call, phone, _ = call_to(page, line, opus)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        page.ask("press", "159#")
        assert phone.digits(4) == "159#"
        phone.hangup()
        call.hung_up()
        line.register([("Expires", "0")], contact=WEB_CONTACT)
