"""Messages left by real phones arrive as mail at a real mail server."""

import asyncio
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
import yaml

from softswitch.store.sqlite import open_store
from tests.support.audio import heard_tone, write_tone, write_wav
from tests.support.mail_server import MailServer
from tests.support.phones import Phone
from tests.support.switch import Switch

GREETING, GREETED = 440.0, 0.5
SPOKEN, SPEAKS = 700.0, 2.5
BEFORE_SPEAKING = 1.2
"""Seconds: greeting and beep."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def mailing_switch(folder: Path, server: MailServer, **voicemail: Any) -> Switch:
    write_tone(folder / "greeting.wav", GREETING, GREETED)
    switch = Switch(
        folder,
        users=("100", "101"),
        user={"ring_time": "1s", "voicemail": {"greeting": "greeting.wav", **voicemail}},
        each={"101": {"email": ["anna@example.com", "jan@example.com"], "language": "es"}},
    )
    settings = yaml.safe_load(switch.file.read_text())
    settings["mail"] = {
        "from": "Example <vm@example.com>",
        "server": f"127.0.0.1:{server.port}",
        "tls": "none",
    }
    switch.file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return switch


def leaves_a_message(switch: Switch, folder: Path) -> None:
    with Phone("pjsua2", switch.sip, "100", switch.password("100")) as phone:
        phone.register()
        call = phone.dial("*99101")
        call.wait("answered")
        time.sleep(BEFORE_SPEAKING)
        call.play(write_tone(folder / "said.wav", SPOKEN, SPEAKS))
        time.sleep(SPEAKS + 0.3)
        call.hangup()
        call.ended()


def lasting(state: Path) -> list[str]:
    """States of the messages that the store holds."""

    async def main() -> list[str]:
        async with open_store(state / "softswitch.db", read_only=True) as store:
            return [row.state for row in await store.messages()]

    return asyncio.run(main())


def test_a_message_arrives_as_mail_with_what_was_said(
    tmp_path: Path, server: MailServer
) -> None:  # S0-5, S0-14 to S0-19
    with mailing_switch(tmp_path, server, on_message="both") as switch:
        leaves_a_message(switch, tmp_path)
        mail, recipients = server.wait(1)
        assert "none" in switch.command("mail", "queue")
        assert len(list((tmp_path / "state" / "voicemail" / "101").glob("*.wav"))) == 1
    assert recipients == ["anna@example.com", "jan@example.com"]
    assert mail["From"] == "Example <vm@example.com>"
    assert mail["Subject"].startswith("Mensaje de voz recibido de 100 a las ")
    (sound,) = mail.iter_attachments()
    assert sound.get_content_type() == "audio/mpeg"
    assert str(sound.get_filename()).endswith("_100.mp3")
    octets = sound.get_content()
    samples, rate = soundfile.read(io.BytesIO(octets), dtype="int16")
    assert rate == 8000
    heard = write_wav(tmp_path / "heard.wav", samples)
    assert heard_tone(heard, SPOKEN) == pytest.approx(SPEAKS, abs=0.15)
    assert heard_tone(heard, GREETING) == 0.0
    assert len(octets) == pytest.approx(2000 * len(samples) / rate, rel=0.15)


def test_a_message_that_is_only_mailed_stays_until_the_server_has_it(
    tmp_path: Path, server: MailServer
) -> None:  # ML-2, ML-3
    server.refusal = "451 4.3.0 not now"
    with mailing_switch(tmp_path, server, on_message="email", attach="wav") as switch:
        leaves_a_message(switch, tmp_path)
        switch.wait_for_log("the mail server: 127.0.0.1")
        assert "it says 451 4.3.0 not now" in switch.log()
        assert "451 4.3.0 not now" in switch.command("mail", "queue")
        assert lasting(tmp_path / "state") == ["new"]
        switch.kill()
        server.refusal = ""
        hurry(tmp_path / "state")
        switch.start()
        mail, _ = server.wait(1)
        switch.wait_for_log("a message is mailed to anna@example.com, jan@example.com")
    assert lasting(tmp_path / "state") == ["deleted"]
    (sound,) = mail.iter_attachments()
    assert sound.get_content_type() == "audio/wav"
    assert len(server.mails) == 1


def hurry(state: Path) -> None:
    """Let the next attempt be now."""

    async def main() -> None:
        async with open_store(state / "softswitch.db") as store:
            rows = [row._replace(next_at=0.0) for row in await store.outbox()]
            await store.put_outbox(rows)

    asyncio.run(main())


def test_whether_mail_works_can_be_tried(tmp_path: Path, server: MailServer) -> None:  # ML-1
    switch = mailing_switch(tmp_path, server)
    said = switch.command("mail", "test", "bob@example.com")
    assert f"connected to 127.0.0.1 port {server.port}" in said
    assert "taken: 2.0.0 queued" in said
    assert server.wait(1)[1] == ["bob@example.com"]
