"""The portal with a real browser's requests, real phones and a real mail server."""

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from softswitch.control import SOCKET_NAME, ask
from tests.support.audio import heard_tone, write_tone, write_wav
from tests.support.mail_server import MailServer
from tests.support.phones import Phone
from tests.support.ports import free_port
from tests.support.switch import Switch
from tests.support.web_browser import Browser, Page
from tests.support.web_reader import Reader

GREETED, BEEPED = 0.3, 0.6
SPOKEN, SPEAKS = 700.0, 1.3
PASSWORD = "horse staple battery"
DARK, ONE, HEARD = (False, "0/0 (0/0)"), (True, "1/0 (0/0)"), (False, "0/1 (0/0)")


class Office:
    """A switch with a portal and a mail server: Anna has a mailbox, Bob none, Jan no address."""

    def __init__(self, folder: Path, server: MailServer) -> None:
        folder.mkdir(exist_ok=True)
        write_tone(folder / "greeting.wav", 440.0, GREETED)
        self.folder = folder
        self.server = server
        self.base = f"https://127.0.0.1:{free_port()}"
        voicemail = {"enabled": True, "greeting": "greeting.wav", "min_message": "1s"}
        self.switch = Switch(
            folder,
            users=("100", "101", "102"),
            each={
                "100": {"name": "Bob <b>", "email": "bob@example.com"},
                "101": {"email": "anna@example.com", "voicemail": voicemail},
                "102": {"voicemail": voicemail, "language": "pl"},
            },
            network={"web": self.base.removeprefix("https://")},
            more={
                "mail": {
                    "from": "Example <vm@example.com>",
                    "server": f"127.0.0.1:{server.port}",
                    "tls": "none",
                },
            },
        )

    def browser(self) -> Browser:
        return Browser(self.base, self.folder / "state" / "web.pem")

    def phone(self, extension: str) -> Phone:
        return Phone("pjsua2", self.switch.sip, extension, self.switch.password(extension))

    def link(self, user: str) -> str:
        """What an administrator hands over."""
        return self.ask("portal link", user=user).removeprefix(self.base)

    def ask(self, what: str, **details: str) -> str:
        """A command's question to the switch."""
        return str(ask(self.folder / "state" / SOCKET_NAME, what, **details))

    def logged_in(self, user: str) -> tuple[Browser, Page]:
        """With a password that was chosen by a link."""
        browser = self.browser()
        page = browser.open(self.link(user)).submit("/link/", password=PASSWORD, again=PASSWORD)
        assert page.status == 200, page.text
        return browser, page


def leave_message(caller: Phone, folder: Path, mailbox: str) -> None:
    call = caller.dial(f"*99{mailbox}")
    call.wait("answered")
    time.sleep(GREETED + BEEPED)
    call.play(write_tone(folder / "said.wav", SPOKEN, SPEAKS))
    time.sleep(SPEAKS + 0.1)
    call.hangup()
    call.ended()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with MailServer() as server:
        office = Office(tmp_path_factory.mktemp("portal"), server)
        with office.switch:
            yield office


def test_vm_21_messages_are_heard_fetched_and_deleted_and_the_lamp_follows(
    office: Office, tmp_path: Path
) -> None:
    with office.phone("101") as anna, office.phone("100") as bob:
        anna.register()
        bob.register()
        assert anna.lamp() == DARK
        leave_message(bob, tmp_path, "101")
        assert anna.lamp() == ONE
        browser, page = office.logged_in("101")
        assert (page.path, page.title) == ("/messages", "Messages")
        assert "1 new message" in page.text
        assert "Bob &lt;b&gt;" in page.text
        (sound,) = re.findall(r'src="(/messages/[0-9a-f]{16}/sound)"', page.text)

        whole = browser.open(sound)
        assert whole.headers["Content-Type"] == "audio/mpeg"
        samples, rate = soundfile.read(io.BytesIO(whole.body), dtype="int16")
        heard = write_wav(tmp_path / "heard.wav", samples)
        assert rate == 8000
        assert heard_tone(heard, SPOKEN) == pytest.approx(SPEAKS, abs=0.2)
        part = browser.open(sound, Range="bytes=100-299")
        assert (part.status, part.body) == (206, whole.body[100:300])
        assert part.headers["Content-Range"] == f"bytes 100-299/{len(whole.body)}"
        name = browser.open(sound.replace("sound", "download")).headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="\d{10}_100\.mp3"', name)  # S0-19

        page = page.submit("/messages/", do="old")
        assert "counts as heard" in page.said
        assert anna.lamp() == HEARD
        page = page.submit("/messages/", do="new")
        assert anna.lamp() == ONE
        page = page.submit("/messages/", do="delete")
        assert "is deleted" in page.said
        assert "The mailbox is empty." in page.text
        assert anna.lamp() == DARK
        page = page.submit("/messages/", do="restore")
        assert anna.lamp() == HEARD
        office.ask("delete message", id=sound.split("/")[2])  # as by phone
        assert "The mailbox is empty." in browser.open("/messages").text


def test_s0_4_an_address_that_is_set_in_the_portal_gets_the_next_message(
    office: Office, tmp_path: Path
) -> None:
    before = len(office.server.mails)
    browser, page = office.logged_in("102")
    page = browser.open("/settings")
    assert page.title == "Ustawienia"
    page = page.submit("/settings", email="jan@example.com")
    assert page.said == "Zapisano. Obowiązuje od teraz."  # S0-6
    assert 'value="jan@example.com"' in browser.open("/settings").text
    with office.phone("100") as bob:
        bob.register()
        leave_message(bob, tmp_path, "102")
    mail, recipients = office.server.wait(before + 1)
    assert recipients == ["jan@example.com"]
    assert mail["Subject"].startswith("Wiadomość głosowa od 100")
    text = mail.get_body(("plain",))
    assert text is not None
    assert f"Odsłuchaj w przeglądarce: {office.base}/messages" in text.get_content()  # ML-5
    shown = office.switch.command("show", "102")
    assert re.search(r"email +jan@example\.com +portal by 102, \d{4}-", shown)


def test_fwd_14_calls_go_where_the_portal_sends_them_from_the_next_one_on(office: Office) -> None:
    """FWD-8, DND-1: as if it had been dialled."""
    browser, _ = office.logged_in("102")
    always = "forward.always"
    page = browser.open("/calls").submit("/calls", **{always: "number", f"{always}.number": "100"})
    assert page.said == "Zapisano. Obowiązuje od teraz."
    with office.phone("100") as bob, office.phone("101") as anna:
        for phone in (bob, anna):
            phone.register()
        call = anna.dial("102")
        bob.incoming().answer()
        call.wait("answered")
        call.hangup()
        call.ended()
    browser.open("/calls").submit("/calls", **{always: "off", "dnd": "on"})
    shown = office.switch.command("show", "102")
    assert re.search(r"dnd +on +portal by 102, \d{4}-", shown)
    browser.open("/calls").submit("/calls", dnd="off")


def test_s0_6_what_is_typed_and_not_saved_changes_nothing(office: Office) -> None:
    browser, _ = office.logged_in("101")
    browser.open("/settings")  # typed there, and left
    browser.open("/messages")
    page = browser.open("/settings").submit("/settings", email="no address", action="store")
    assert page.status == 422
    assert "no address" in page.said
    assert 'value="anna@example.com"' in browser.open("/settings").text
    assert re.search(r"voicemail\.on_message +both", office.switch.command("show", "101"))


def test_s0_20_a_forgotten_password_is_a_mail_whose_link_works_once(office: Office) -> None:
    before = len(office.server.mails)
    stranger = office.browser().open("/forgot").submit("/forgot", user="999")
    asked = office.browser().open("/forgot").submit("/forgot", user="101")
    assert stranger.text.replace("999", "101") == re.sub(
        r'(name="csrf" value=")[0-9a-f]*', r"\1", asked.text
    ).replace("999", "101")
    mail, recipients = office.server.wait(before + 1)
    assert recipients == ["anna@example.com"]
    text = mail.get_body(("plain",))
    assert text is not None
    (link,) = re.findall(re.escape(office.base) + r"(/link/\S+)", text.get_content())
    looked = office.browser().open(link)  # as mail programs do by themselves
    assert looked.title == "Choose a password"
    browser = office.browser()
    page = browser.open(link).submit("/link/", password="another horse", again="another horse")
    assert page.path == "/messages"
    again = looked.submit("/link/", password="thief thief 1", again="thief thief 1")
    assert (again.status, again.title) == (410, "This link does not work any more")
    assert office.browser().open(link).status == 410
    fresh = office.browser().open("/login")
    assert fresh.submit("/login", user="101", password=PASSWORD).status == 403
    assert fresh.submit("/login", user="101", password="another horse").path == "/messages"
    assert len(office.server.mails) == before + 1


def test_s0_21_who_has_no_mailbox_sees_nothing_of_messages(office: Office) -> None:
    browser, page = office.logged_in("100")
    assert page.path == "/settings"
    assert "/messages" not in page.text
    assert browser.open("/messages").status == 404


def test_vm_21_a_browser_plays_a_message_and_lets_it_be_deleted(
    office: Office, tmp_path: Path
) -> None:
    with office.phone("100") as bob:
        bob.register()
        leave_message(bob, tmp_path, "101")
    with Reader(tmp_path) as anna:
        anna.go(office.base + office.link("101"))
        anna.type("#password", PASSWORD)
        anna.type("#again", PASSWORD)
        anna.click("form button")
        anna.reads(".summary", "1 new message")
        played = anna.play(0.8)
        assert played["length"] == pytest.approx(SPEAKS + 0.3, abs=0.4)
        assert played["from"] == pytest.approx(0.8, abs=0.1)
        anna.click("button.risky")
        anna.reads(".said", "The message of Bob <b> is deleted.")
        anna.click(".said button")
        anna.reads(".said", "The message of Bob <b> is back.")
        assert anna.cookies() == ""
        assert anna.complaints() == []
