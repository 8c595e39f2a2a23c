"""Getting in and out (S0-20), over real TLS."""

import asyncio
import logging
import re
from pathlib import Path

import pytest

from softswitch.mailbox.pins import TRIES_PER_HOUR
from softswitch.web import desk
from softswitch.web.accounts import LINK_WORKS
from tests.softswitch.web.office import PASSWORD, Web

pytestmark = pytest.mark.process


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


def test_a_link_lets_its_user_choose_a_password_once(web: Web) -> None:
    async def scenario() -> None:
        page = await web.log_in()
        assert page.status == 200
        assert "<h1>Messages</h1>" in page.text
        assert "The password is saved." in page.text
        out = await web.post("/logout", "/settings")
        assert "You are logged out." in out.text
        assert web.cookies["__Host-session"] == ""
        assert (await web.ask("GET", "/messages")).field("Location") == "/login"
        wrong = await web.post("/login", "/login", user="101", password="not the password")
        assert wrong.status == 403
        right = await web.post("/login", "/login", user="101", password=PASSWORD)
        assert (right.status, right.field("Location")) == (303, "/")
        assert (await web.ask("GET", "/login")).field("Location") == "/"

    web.runs(scenario)
    assert PASSWORD not in repr(web.accounts)


def test_cookies_are_for_this_host_over_https_and_for_no_script(web: Web) -> None:
    async def scenario() -> None:
        link = await web.link("101")
        page = await web.ask("GET", link)
        answer = await web.post(link, link, password=PASSWORD, again=PASSWORD)
        for one in (page, answer):
            cookie = one.field("Set-Cookie")
            assert re.match(r"__Host-(session|browser)=[\w-]{43}; ", cookie)
            for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
                assert attribute in cookie
            assert "Domain" not in cookie

    web.runs(scenario)


def test_a_link_that_is_over_says_so_and_nothing_else(web: Web) -> None:
    async def scenario() -> None:
        link = await web.link("101")
        page = await web.ask("GET", link)
        web.now += LINK_WORKS + 1
        late = await web.ask(
            "POST", link, {"csrf": page.csrf, "password": PASSWORD, "again": PASSWORD}
        )
        assert late.status == 410
        assert (await web.ask("GET", "/link/" + "x" * 43)).status == 410
        assert (await web.ask("GET", "/link/short")).status == 404

    web.runs(scenario)
    assert web.accounts["101"].password == ""


def test_two_who_use_a_link_at_once_are_one(web: Web) -> None:
    async def scenario() -> None:
        link = await web.link("101")
        csrf = (await web.ask("GET", link)).csrf
        form = {"csrf": csrf, "password": PASSWORD, "again": PASSWORD}
        found = await asyncio.gather(*(web.ask("POST", link, form) for _ in range(3)))
        assert sorted(one.status for one in found) == [303, 410, 410]

    web.runs(scenario)


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "too short"),
        ("horse staple", "horse stable", "not the same"),
        ("1234567890", "1234567890", "too easy"),
        ("ab" * 100, "ab" * 100, "too long"),
        ("", "", "too short"),
    ],
)
def test_a_password_that_is_not_taken_leaves_the_link(
    web: Web, password: str, again: str, said: str
) -> None:
    async def scenario() -> None:
        link = await web.link("101")
        refused = await web.post(link, link, password=password, again=again)
        assert refused.status == 422
        assert said in refused.text
        assert (await web.post(link, link, password=PASSWORD, again=PASSWORD)).status == 303

    web.runs(scenario)


def test_everybody_who_asks_for_a_link_hears_the_same(web: Web) -> None:
    async def scenario() -> None:
        said = []
        for user in ("101", "102", "999", "101"):
            answer = await web.post("/forgot", "/forgot", user=user)
            text = re.sub(r'value="[^"]*"', "", answer.text).replace(user, "N")
            said.append((answer.status, text))
        assert len(set(said)) == 1

    web.runs(scenario)
    ((user, link),) = web.links  # 102 has no address, and 101 has just had one
    assert user == "101"
    assert link.startswith(f"https://pbx.example.com:{web.port}/link/")


def test_links_never_lead_where_a_request_wants_them(web: Web) -> None:
    async def scenario() -> None:
        page = await web.ask("GET", "/forgot", Host="evil.example")
        form = {"csrf": page.csrf, "user": "101"}
        answer = await web.ask(
            "POST", "/forgot", form, Host="evil.example", X_Forwarded_Host="evil.example"
        )
        assert answer.status == 200
        assert "evil" not in answer.text + repr(answer.headers)

    web.runs(scenario)
    assert "evil" not in repr(web.links)


def test_without_a_mail_server_nobody_is_mailed(tmp_path: Path) -> None:
    web = Web(tmp_path, "network: {{web: '127.0.0.1:{port}'}}\nusers: {{101: Anna}}\n")

    async def scenario() -> None:
        answer = await web.post("/forgot", "/forgot", user="101")
        assert "Look at your mail" in answer.text

    web.runs(scenario)
    assert web.links == []


def test_a_form_of_somebody_else_is_refused(web: Web) -> None:
    async def scenario() -> None:
        csrf = (await web.ask("GET", "/login")).csrf
        form = {"csrf": csrf, "user": "101", "password": PASSWORD}
        refused = [
            await web.ask("POST", "/login", {**form, "csrf": "0" * 64}),
            await web.ask("POST", "/login", {"user": "101", "password": PASSWORD}),
            await web.ask("POST", "/login", form, cookies={}),
            await web.ask("POST", "/login", form, cookies={"__Host-browser": "other"}),
            await web.ask("POST", "/login", form, Sec_Fetch_Site="cross-site"),
            await web.ask("POST", "/forgot", {"user": "101"}),
        ]
        assert [one.status for one in refused] == [403] * 6
        await web.log_in()
        for path in ("/logout", "/settings", "/password", "/messages/" + "0" * 16):
            answer = await web.ask("POST", path, {"csrf": csrf, "email": "thief@example.com"})
            assert (path, answer.status) == (path, 403)

    web.runs(scenario)
    assert not web.kept
    assert not web.links


def test_ten_wrong_passwords_lock_the_portal_and_nothing_else(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        csrf = (await web.ask("GET", "/login")).csrf
        for number in range(TRIES_PER_HOUR):
            form = {"csrf": csrf, "user": "101", "password": f"wrong guess {number}"}
            assert (await web.ask("POST", "/login", form)).status == 403
        assert "too many wrong passwords of 101" in caplog.text
        assert web.boxes.owners.box("101").locked_until == 0.0  # the phone gets in
        page = await web.log_in()  # a link opens the lock
        assert page.status == 200

    web.runs(scenario)
    assert "wrong guess" not in caplog.text


def test_who_guesses_is_not_heard_for_a_while(web: Web) -> None:
    async def scenario() -> None:
        csrf = (await web.ask("GET", "/login")).csrf
        form = {"csrf": csrf, "password": "x" * 12}
        statuses = [
            (await web.ask("POST", "/login", {**form, "user": f"9{number}"})).status
            for number in range(22)
        ]
        assert statuses == [403] * 20 + [429] * 2

    web.runs(scenario)


def test_too_many_log_ins_at_once_are_asked_to_come_back(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "HASHES_WAITING", 1)

    async def scenario() -> None:
        csrf = (await web.ask("GET", "/login")).csrf
        form = {"csrf": csrf, "user": "101", "password": "x" * 12}
        found = await asyncio.gather(*(web.ask("POST", "/login", form) for _ in range(6)))
        assert {one.status for one in found} == {403, 503}

    web.runs(scenario)


def test_the_password_can_be_changed_and_other_browsers_are_out(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        other = dict(web.cookies)
        await web.post("/login", "/forgot", user="101", password=PASSWORD)
        new = {"password": "battery staple", "again": "battery staple"}
        wrong = await web.post("/password", "/settings", old="not this one", **new)
        assert wrong.status == 422
        assert "another one" in wrong.text
        easy = await web.post(
            "/password", "/settings", old=PASSWORD, password="1234567890", again="1234567890"
        )
        assert "too easy" in easy.text
        changed = await web.post("/password", "/settings", old=PASSWORD, **new)
        assert (changed.status, changed.field("Location")) == (303, "/settings")
        assert "The password is saved." in (await web.ask("GET", "/settings")).text
        assert (await web.ask("GET", "/messages")).status == 200
        assert (await web.ask("GET", "/messages", cookies=other)).status == 303

    web.runs(scenario)


def test_a_password_that_cannot_be_kept_is_not_taken(web: Web) -> None:
    async def scenario() -> None:
        link = await web.link("101")
        csrf = (await web.ask("GET", link)).csrf
        web.is_full = True
        form = {"csrf": csrf, "password": PASSWORD, "again": PASSWORD}
        assert (await web.ask("POST", link, form)).status == 503

    web.runs(scenario)


def test_who_is_not_logged_in_is_sent_to_the_log_in(web: Web) -> None:
    async def scenario() -> None:
        for path in ("/", "/messages", "/settings"):
            answer = await web.ask("GET", path)
            assert (answer.status, answer.field("Location")) == (303, "/login")
        for path in ("/logout", "/settings", "/password", "/messages/" + "0" * 16):
            answer = await web.ask("POST", path, {})
            assert (answer.status, answer.field("Location")) == (303, "/login")
        assert (await web.ask("GET", f"/messages/{'0' * 16}/sound")).status == 403

    web.runs(scenario)


def test_it_is_told_who_logs_in_from_where(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def scenario() -> None:
        await web.log_in()

    web.runs(scenario)
    assert "portal: 101 has logged in from 127.0.0.1" in caplog.text
