"""What `softswitch check` warns of: PINs, and greetings that nobody can say."""

import asyncio
import json
from pathlib import Path

import numpy as np
import soundfile

from softswitch.mailbox.messages import Box
from softswitch.mailboxes import row_of
from softswitch.store.sqlite import open_store
from softswitch.web import certificate
from tests.softswitch.cli.test_check import office, run


def test_pins_that_are_short_or_simple_are_warned_of(tmp_path: Path) -> None:  # VM-16, S4-10
    file = office(
        tmp_path,
        "defaults: {voicemail: {pin: 1234}}\n"
        "users:\n"
        "  100: {name: Anna, password: secret-enough}\n"
        "  101: {password: secret-enough, voicemail: {pin: 111}}\n"
        "  102: {password: secret-enough, voicemail: {pin: 2580}}\n"
        "  103: {password: secret-enough, voicemail: {pin: 111, enabled: off}}\n"
        "  104: {password: secret-enough}\n",
    )
    code, text = run(file)
    assert code == 0
    assert text.splitlines()[1:] == [
        f"warning: {file}:1: the PIN of mailboxes 100, 104 is short or easily guessed",
        f"warning: {file}:4: the PIN of mailbox 101 is short or easily guessed",
    ]
    assert "111" not in text.replace(str(file), "")
    warnings = json.loads(run(file, "--format", "json")[1])["warnings"]
    assert warnings == text.splitlines()[1:]


def test_a_greeting_that_nobody_can_say_is_warned_of(tmp_path: Path) -> None:
    users = "users: {100: {password: secret-enough, voicemail: {greeting: {say: Hi.}}}}\n"
    text = run(office(tmp_path, f"synthesiser: off\n{users}"))[1]
    assert "warning: nothing is installed that could say the greeting of 100" in text
    text = run(office(tmp_path, f"synthesiser: ['true']\n{users}"))[1]
    assert "warning" not in text


def test_greetings_that_are_no_sounds_are_warned_of(tmp_path: Path) -> None:  # S4-14
    soundfile.write(tmp_path / "good.mp3", np.zeros((44100, 2)), 44100)
    (tmp_path / "bad.mp3").write_bytes(b"no sound")
    users = (
        "users:\n"
        "  100: {password: secret-enough, voicemail: {greeting: good.mp3}}\n"
        "  101: {password: secret-enough, voicemail: {greeting: bad.mp3}}\n"
        "  102: {password: secret-enough, voicemail: {greeting: bad.mp3}}\n"
    )
    assert run(office(tmp_path, users))[1].splitlines()[1:] == [
        f"warning: {tmp_path}/bad.mp3 is no sound that can be played: WAV, FLAC, OGG or MP3 is"
    ]


def test_addresses_without_a_mail_server_are_warned_of(tmp_path: Path) -> None:
    users = "users: {100: {password: secret-enough, email: a@example.com}}\n"
    text = run(office(tmp_path, users))[1]
    assert "warning: messages of mailbox 100 are not mailed: there is no section mail:" in text
    text = run(office(tmp_path, f"{users}defaults: {{voicemail: {{on_message: store}}}}\n"))[1]
    assert "warning" not in text
    mail = "mail: {from: vm@example.com, server: smtp.example.com}\n"
    assert "warning" not in run(office(tmp_path, mail + users))[1]


def test_a_portal_into_which_nobody_is_mailed_a_way_is_warned_of(tmp_path: Path) -> None:  # S0-20
    text = "network: {web: 443}\nusers: {100: {password: secret-enough}}\n"
    fine, *warnings = run(office(tmp_path, text))[1].splitlines()
    assert fine.endswith("SIP on udp 5060 tcp 5060, portal on 443")
    assert warnings == [
        "warning: without a section mail: nobody is mailed a way into the portal;"
        " `softswitch portal USER` prints one"
    ]


def test_a_certificate_that_browsers_cannot_be_shown_is_warned_of(tmp_path: Path) -> None:
    mail = "mail: {from: vm@example.com, server: mail.example.com}\n"
    file = office(
        tmp_path,
        "network: {web: 443, certificate: {cert: web.pem, key: web.pem}}\n"
        f"{mail}users: {{100: {{password: secret-enough}}}}\n",
    )
    (tmp_path / "web.pem").write_text("not PEM")
    (warning,) = run(file)[1].splitlines()[1:]
    assert warning.startswith("warning: network.certificate: ")
    assert warning.endswith("not PEM")
    certificate.own(tmp_path, [], 1.7e9)
    assert len(run(file)[1].splitlines()) == 1


def test_mailboxes_that_everybody_can_hear_are_named(tmp_path: Path) -> None:  # VM-20
    file = office(tmp_path, "users: {100: {password: x-long-enough}, 101: {password: x-long-ok}}\n")
    line = "security: mailbox {} can be heard from anywhere by the last four digits of its number"
    assert run(file, "--security")[1].splitlines()[1:] == [line.format(100), line.format(101)]

    async def choose(*mailboxes: str) -> None:
        (tmp_path / "var").mkdir(exist_ok=True)
        async with open_store(tmp_path / "var" / "softswitch.db") as store:
            for mailbox in mailboxes:
                await store.put_mailbox(row_of(Box(mailbox, pin="x", pin_length=4)))

    asyncio.run(choose("101"))
    assert run(file, "--security")[1].splitlines()[1:] == [line.format(100)]
    asyncio.run(choose("100"))
    assert run(file, "--security")[1].splitlines()[1:] == [
        "security: no mailbox has a PIN that everybody knows"
    ]
