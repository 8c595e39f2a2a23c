"""Phones and a browser behind a proxy that nobody here wrote: Kamailio, with Path and Record-Route
(REG-7)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.test_browser import (
    BROWSER_TONE,
    call_from,
    call_to,
    encrypted,
    hear_each_other,
)
from tests.support.audio import heard_tone, write_tone
from tests.support.chromium import Browser
from tests.support.conversation import connected, speak_at_once
from tests.support.kamailio import Kamailio
from tests.support.phones import Phone
from tests.support.switch import Switch
from tests.support.web_endpoint import WebEndpoint

SECONDS, ENOUGH = 0.8, 0.7
TONES = (500.0, 1100.0)


@pytest.fixture(scope="module")
def proxy(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    with Kamailio(switch, tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.fixture(scope="module")
def behind(switch: Switch, proxy: Kamailio) -> Iterator[Phone]:
    """100, which sends all to the proxy."""
    password = switch.password("100")
    with Phone("pjsua2", switch.sip, "100", password, proxy=proxy.sip) as phone:
        phone.register()
        yield phone


@pytest.fixture(scope="module")
def before(switch: Switch) -> Iterator[Phone]:
    """101, which knows no proxy."""
    with Phone("baresip", switch.sip, "101", switch.password("101")) as phone:
        phone.register()
        yield phone


@pytest.mark.parametrize("calls", ["behind", "before"])
def test_a_phone_behind_a_proxy_calls_and_is_called(
    switch: Switch, proxy: Kamailio, behind: Phone, before: Phone, tmp_path: Path, calls: str
) -> None:
    one, other = (behind, before) if calls == "behind" else (before, behind)
    said = tuple(write_tone(tmp_path / f"{tone}.wav", tone, SECONDS) for tone in TONES)
    with connected(one, other, other.extension) as (outgoing, incoming):
        heard = speak_at_once((outgoing, incoming), (said[0], said[1]), SECONDS)
        assert heard_tone(heard.by_callee, TONES[0]) >= ENOUGH
        assert heard_tone(heard.by_caller, TONES[1]) >= ENOUGH
        held = outgoing if calls == "behind" else incoming
        held.hold()
        switch.wait_for_state("held")
        held.resume()
        switch.wait_for_state("talking")
        (call,) = switch.calls()
    trace = switch.command("trace", call["call_id"], "--full")
    places = set(re.findall(r"(?:sent to|received from) (127\.0\.0\.1:\d+)", trace))
    assert proxy.sip in places
    assert len(places) == 2  # the other one is the phone without a proxy
    within = [text for text in trace.split("\n\n") if f"sent to {proxy.sip}" in text]
    within = [text for text in within if re.search(r"\n    (BYE|ACK) ", text)]
    assert bool(within) is (calls == "before")  # who is called is told when the caller hangs up
    assert all(f"Route: <sip:{proxy.sip};" in text for text in within)


def test_a_browser_behind_a_gateway_for_websockets_is_called_and_calls(
    switch: Switch, proxy: Kamailio, behind: Phone, tmp_path: Path
) -> None:
    """WEB-1, RTP-9: its contact is a name under .invalid; only the way that it came leads back."""
    microphone = write_tone(tmp_path / "microphone.wav", BROWSER_TONE, 2.0)
    with (
        Browser(tmp_path, microphone) as page,
        WebEndpoint(
            page, f"ws://{proxy.web}/", "102", switch.password("102"), switch.address
        ) as line,
    ):
        line.register()
        page.ask("begin")
        call, phone, _ = call_to(page, line, behind)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        phone.hangup()
        call.hung_up()
        phone.ended()
        page.ask("end")
        page.ask("begin")
        call, phone = call_from(page, line, page.ask("offer"), behind)
        assert encrypted(page)
        hear_each_other(page, phone, tmp_path)
        call.hangup()
        phone.ended()
        page.ask("end")
