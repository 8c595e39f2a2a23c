"""Messages that travel: into mails, other mailboxes, shared ones; and greetings that are texts."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.audio import heard_tone, known_sound, write_tone, write_wav
from tests.support.mail_server import MailServer
from tests.support.phones import Phone
from tests.support.switch import Switch

GREETING, GREETED = 440.0, 0.3
BEEPED = 0.6
SPOKEN = 1.3
DARK = (False, "0/0 (0/0)")
LOGO = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00"
)
MAILBOX = {"greeting": "greeting.wav", "pin": "2580", "min_message": "1s"}
SETTLED = 6.0
"""Seconds until a call is known to have left no message, and the mail is there."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def leave_message(switch: Switch, folder: Path, number: str) -> None:
    with Phone("baresip", switch.sip, "100", switch.password("100")) as caller:
        caller.register()
        call = caller.dial(number)
        call.wait("answered")
        time.sleep(GREETED + BEEPED)
        call.play(write_wav(folder / "said.wav", known_sound(SPOKEN, seed=21)))
        time.sleep(SPOKEN)
        call.hangup()
        call.ended()


def subjects(server: MailServer) -> dict[str, tuple[EmailMessage, list[str]]]:
    return {str(mail["Subject"]): (mail, recipients) for mail, recipients in server.mails}


def test_a_message_is_mailed_with_a_logo_sent_on_and_shown_by_lamps(
    tmp_path: Path, server: MailServer
) -> None:  # S0-18, VM-8, VM-9, VM-11, ML-5, ML-8, MWI-5, VM-17, and 8 2 of features §2.4
    write_tone(tmp_path / "greeting.wav", GREETING, GREETED)
    (tmp_path / "logo.gif").write_bytes(LOGO)
    mail = {
        "from": "Example <vm@example.com>",
        "server": f"127.0.0.1:{server.port}",
        "tls": "none",
        "logo": "logo.gif",
        "templates": {"es": {"heading": "Mensaje para {mailbox}"}},
    }
    with Switch(
        tmp_path,
        users=("100", "101", "102", "103"),
        user={"ring_time": "1s", "voicemail": MAILBOX},
        each={
            "101": {
                "email": "anna@example.com",
                "language": "es",
                "voicemail": {**MAILBOX, "max_messages": 1},
            },
            "103": {"email": "jan@example.com", "voicemail": {**MAILBOX, "missed_calls": True}},
        },
        more={
            "mail": mail,
            "voicemail_boxes": {"sales": {**MAILBOX, "number": 290, "lamp": [102, 103]}},
        },
    ) as switch:
        with Phone("baresip", switch.sip, "100", switch.password("100")) as caller:
            caller.register()
            call = caller.dial("103")
            call.wait("answered")
            call.hangup()
            call.ended()
        missed_at = time.monotonic()
        with Phone("pjsua2", switch.sip, "102", switch.password("102")) as watching:
            watching.register()
            assert watching.lamp() == DARK
            leave_message(switch, tmp_path, "*99101")
            server.wait(2)
            with (
                Phone("pjsua2", switch.sip, "101", switch.password("101")) as owner,
                Phone("baresip", switch.sip, "100", switch.password("100")) as caller,
            ):
                owner.register()
                caller.register()
                call = owner.dial("*98")
                call.wait("answered")
                call.send_digits("2580182102##")
                assert watching.lamp() == (True, "1/0 (0/0)")
                call.send_digits("81")
                back = caller.incoming()
                back.answer()
                call.hangup()
                back.ended()
                call.ended()
            leave_message(switch, tmp_path, "290")
            assert watching.lamp() == (True, "2/0 (0/0)")
        time.sleep(max(0.0, missed_at + SETTLED - time.monotonic()))
        server.wait(3)
        sent = subjects(server)
    (first,) = [one for one in sent if one.startswith("Mensaje de voz recibido de 100 a las ")]
    (missed,) = [one for one in sent if one.startswith("Missed call from 100 at ")]
    assert set(sent) == {first, missed, "La casilla 101 está llena"}
    assert sent[missed][1] == ["jan@example.com"]
    letter, recipients = sent[first]
    assert recipients == ["anna@example.com"]
    page = letter.get_body(("html",))
    assert page is not None
    assert "Mensaje para 101" in page.get_content()
    assert 'src="cid:logo"' in page.get_content()
    (logo,) = [part for part in letter.walk() if part.get_content_type() == "image/gif"]
    assert (logo["Content-ID"], logo.get_content()) == ("<logo>", LOGO)
    assert [part.get_content_type() for part in letter.iter_attachments()] == ["audio/mpeg"]


def test_a_first_pin_is_mailed_and_a_group_gets_a_message(
    tmp_path: Path, server: MailServer
) -> None:  # VM-9, VM-20
    write_tone(tmp_path / "greeting.wav", GREETING, GREETED)
    with Switch(
        tmp_path,
        users=("100", "101", "102"),
        user={"voicemail": {**MAILBOX, "on_message": "store"}},
        each={
            "101": {
                "email": "anna@example.com",
                "voicemail": {"pin": "random", "on_message": "store"},
            }
        },
        more={
            "mail": {
                "from": "vm@example.com",
                "server": f"127.0.0.1:{server.port}",
                "tls": "none",
            },
            "voicemail_boxes": {"all": {**MAILBOX, "number": 291, "deliver_to": [101, 102]}},
        },
    ) as switch:
        mail, recipients = server.wait(1)
        assert recipients == ["anna@example.com"]
        text = mail.get_body(("plain",))
        assert text is not None
        (pin,) = re.findall(r"[0-9]{6}", text.get_content())
        with Phone("pjsua2", switch.sip, "101", switch.password("101")) as owner:
            owner.register()
            call = owner.dial("*98")
            call.wait("answered")
            call.send_digits(f"{pin}2580#2580###")
            wait_for(lambda: "changed by owner" in switch.command("show", "101"))
            call.hangup()
            call.ended()
        leave_message(switch, tmp_path, "291")
        kept = tmp_path / "state" / "voicemail"
        wait_for(lambda: {file.parent.name for file in kept.glob("*/*.wav")} == {"101", "102"})
    assert len(server.mails) == 1


def wait_for(what: Callable[[], bool], timeout: float = 8.0) -> None:
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_greeting_can_be_a_text(tmp_path: Path) -> None:
    """Spoken by a program that knows only one tone."""
    (tmp_path / "hum.py").write_text(
        "import sys, wave, struct, math\n"
        "assert sys.stdin.read() == 'Nobody is here.'\n"
        "with wave.open(sys.argv[1], 'wb') as out:\n"
        "    out.setparams((1, 2, 16000, 0, 'NONE', ''))\n"
        "    for n in range(16000):\n"
        "        sample = round(8000 * math.sin(2 * math.pi * 440 * n / 16000))\n"
        "        out.writeframes(struct.pack('<h', sample))\n"
    )
    greeting = {"greeting": {"say": "Nobody is here."}}
    with (
        Switch(
            tmp_path,
            users=("100", "101"),
            user={"voicemail": greeting},
            more={"synthesiser": [sys.executable, str(tmp_path / "hum.py"), "{wav}"]},
        ) as switch,
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as caller,
    ):
        caller.register()
        call = caller.dial("*99101")
        call.wait("answered")
        call.record(tmp_path / "heard.wav")
        time.sleep(1.6)
        call.stop_recording()
        call.hangup()
        call.ended()
    assert heard_tone(tmp_path / "heard.wav", GREETING) == pytest.approx(1.0, abs=0.15)
