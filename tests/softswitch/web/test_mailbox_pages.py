"""Messages (VM-21) and settings (S0-4 to S0-6) in a browser, over real TLS."""

from pathlib import Path

import pytest

from softswitch.mailbox.messages import NEW, OLD
from softswitch.web import sounds
from tests.softswitch.web.office import Answer, Web

pytestmark = pytest.mark.process


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


async def act(web: Web, message_id: str, action: str) -> Answer:
    await web.post(f"/messages/{message_id}", "/settings", do=action)
    return await web.ask("GET", "/messages")


def test_vm_21_a_message_is_marked_deleted_and_brought_back(web: Web) -> None:
    message = web.leave()

    async def scenario() -> None:
        page = await web.log_in()
        assert "1 new message" in page.text
        assert "The message of Bob counts as heard." in (await act(web, message.id, OLD)).text
        assert web.told[-1] == ("101", 0, 1)
        assert "is new again" in (await act(web, message.id, NEW)).text
        page = await act(web, message.id, "delete")
        assert "The message of Bob is deleted." in page.text
        assert "Undo" in page.text
        assert web.told[-1] == ("101", 0, 0)
        assert "Undo" not in (await web.ask("GET", "/messages")).text  # said once
        assert "is back" in (await act(web, message.id, "restore")).text
        assert web.told[-1] == ("101", 0, 1)
        assert "not there any more" in (await act(web, message.id, "restore")).text
        assert "not there any more" in (await act(web, "f" * 16, "delete")).text
        assert (await web.post(f"/messages/{message.id}", "/settings", do="burn")).status == 400

    web.runs(scenario)


def test_vm_21_what_the_phone_does_is_on_the_next_page(web: Web) -> None:
    message = web.leave()

    async def scenario() -> None:
        assert "1 new message" in (await web.log_in()).text
        web.boxes.delete(message.id)
        assert "The mailbox is empty." in (await web.ask("GET", "/messages")).text

    web.runs(scenario)


def test_messages_are_played_in_parts_and_fetched_whole(web: Web) -> None:
    message = web.leave(introduction=True)
    sound = f"/messages/{message.id}/sound"
    whole = bytes(range(256)) * 400

    async def scenario() -> None:
        await web.log_in()
        answer = await web.ask("GET", sound)
        assert (answer.status, answer.body == whole) == (200, True)
        assert answer.field("Content-Type") == "audio/mpeg"
        assert answer.field("Accept-Ranges") == "bytes"
        part = await web.ask("GET", sound, Range="bytes=256-511")
        assert (part.status, part.body) == (206, bytes(range(256)))
        assert part.field("Content-Range") == f"bytes 256-511/{len(whole)}"
        beyond = await web.ask("GET", sound, Range="bytes=999999-")
        assert (beyond.status, beyond.field("Content-Range")) == (416, f"bytes */{len(whole)}")
        assert (await web.ask("GET", sound, Range="bytes=0-1", If_Range='"x"')).status == 200
        head = await web.ask("HEAD", sound)
        assert (head.body, head.field("Content-Length")) == (b"", str(len(whole)))
        saved = await web.ask("GET", f"/messages/{message.id}/download")
        name = f'attachment; filename="{int(message.began_at)}_100.mp3"'  # S0-19
        assert saved.field("Content-Disposition") == name
        assert (await web.ask("GET", f"/messages/{message.id}/introduction")).status == 200

    web.runs(scenario)
    assert [Path(one).name for one in web.encoded] == [
        f"{message.id}.wav",
        f"{message.id}.intro.wav",
    ]


def test_sounds_that_are_not_there_or_not_ours_are_not_there(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = web.leave(), web.leave("102")

    async def scenario() -> None:
        await web.log_in()
        paths = [
            f"/messages/{other.id}/sound",
            f"/messages/{own.id}/introduction",
            f"/messages/{own.id}/secrets",
            "/messages/../../etc/passwd/sound",
            "/messages/%2e%2e%2f%2e%2e%2fetc%2fpasswd/sound",
            f"/messages/{own.id.upper()}g/sound",
        ]
        assert [(await web.ask("GET", path)).status for path in paths] == [404] * 6
        assert (await web.post(f"/messages/{other.id}", "/settings", do="delete")).status == 303
        monkeypatch.setattr(web.boxes.blobs, "path", lambda *names: "missing")
        assert (await web.ask("GET", f"/messages/{own.id}/sound")).status == 404
        monkeypatch.setattr(sounds, "MOST_WAITING", 0)
        assert (await web.ask("GET", f"/messages/{own.id}/download")).status == 503

    web.runs(scenario)
    assert web.boxes.summary("102") == (1, 0)
    assert web.encoded == []


def test_s0_4_s0_5_an_address_and_what_becomes_of_messages_hold_at_once(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        fields = {"email": "anna@home.example, a@b.example", "action": "email"}
        saved = await web.post("/settings", "/settings", **fields)
        assert (saved.status, saved.field("Location")) == (303, "/settings")
        page = await web.ask("GET", "/settings")
        assert "Saved. It holds from now on." in page.text  # S0-6
        assert 'value="anna@home.example, a@b.example"' in page.text
        assert 'value="email" checked' in page.text
        assert "Saved" not in (await web.ask("GET", "/settings")).text
        user = web.settings.users["101"]
        assert user.email == ("anna@home.example", "a@b.example")
        assert user.voicemail.on_message == "email"
        await web.post("/settings", "/settings", email=" ", action="both")
        assert web.settings.users["101"].email == ()

    web.runs(scenario)
    assert {row.source for row in web.kept} == {"portal by 101"}


def test_s0_6_what_is_not_saved_or_not_right_changes_nothing(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        await web.ask("GET", "/settings?email=thief@example.com")
        for address in ("no address", "a@b\r\nBcc: c@d.example", "<script>@example.com"):
            refused = await web.post("/settings", "/settings", email=address, action="store")
            assert refused.status == 422
            assert "This is not a mail address" in refused.text
            assert 'aria-invalid="true"' in refused.text
            assert "<script" not in refused.text
        refused = await web.post("/settings", "/settings", email="a@b.example", action="burn")
        assert "could not be saved" in refused.text
        web.is_full = True
        refused = await web.post("/settings", "/settings", email="a@b.example")
        assert "could not be saved" in refused.text

    web.runs(scenario)
    assert web.settings.users == web.config.users
    assert web.kept == []


def test_what_is_not_editable_cannot_be_changed_whatever_is_sent(web: Web) -> None:
    async def scenario() -> None:
        page = await web.log_in("102")
        assert "Brak nowych wiadomości" in page.text
        page = await web.ask("GET", "/settings")
        assert "O tym decyduje" in page.text
        assert "Zapisz" not in page.text.replace("Zapisz hasło", "")
        await web.post("/settings", "/settings", email="jan@example.com", action="store")

    web.runs(scenario)
    assert web.settings.users == web.config.users


def test_s0_21_who_has_no_mailbox_sees_nothing_of_one(web: Web) -> None:
    async def scenario() -> None:
        page = await web.log_in("100")
        assert "<h1>Settings</h1>" in page.text
        assert "/messages" not in page.text
        assert 'name="action"' not in page.text
        assert 'value="bob@example.com"' in page.text
        assert (await web.ask("GET", "/messages")).status == 404
        await web.post("/settings", "/settings", email="b@example.com", action="store")

    web.runs(scenario)
    assert web.settings.users["100"].email == ("b@example.com",)
    assert web.settings.users["100"].voicemail.on_message == "both"


def test_without_a_mail_server_no_mail_is_offered(tmp_path: Path) -> None:
    text = "network: {{web: '127.0.0.1:{port}', domains: pbx.example.com}}\nusers: {{101: Anna}}\n"
    web = Web(tmp_path, text)

    async def scenario() -> None:
        await web.log_in()
        assert 'name="email"' not in (await web.ask("GET", "/settings")).text
        await web.post("/settings", "/settings", email="a@example.com")

    web.runs(scenario)
    assert web.kept == []
