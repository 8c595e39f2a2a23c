"""The web server and those who mean it no good: slow, large, broken, hostile; over real TLS."""

import asyncio
import contextlib
import logging
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from softswitch.web import crowd, door, forms
from softswitch.web.owner import Office
from softswitch.web.pages import HEADERS
from tests.softswitch.web.office import Web

pytestmark = pytest.mark.process


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


@pytest.fixture(autouse=True)
def _nothing_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> Any:
    """No request makes a traceback."""
    yield
    assert [one for one in caplog.records if one.exc_info and one.levelno > logging.DEBUG] == []
    assert "Traceback" not in caplog.text


def gone(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    writer.close()


def test_every_answer_has_the_headers_that_protect_it(web: Web) -> None:
    message = web.leave()

    async def scenario() -> None:
        await web.log_in()
        for path in ("/", "/messages", "/login", "/nowhere", f"/messages/{message.id}/sound"):
            answer = await web.ask("GET", path)
            for name, value in HEADERS.items():
                assert answer.field(name) == value, (path, name)
            assert answer.field("Server") == "softswitch"
            assert answer.field("Strict-Transport-Security") == ""  # our own certificate
        style = await web.ask("GET", "/style.css")
        assert style.field("Content-Type") == "text/css"
        assert style.field("Cache-Control") == "max-age=86400"
        assert style.field("X-Content-Type-Options") == "nosniff"
        assert (await web.ask("GET", "/icon.svg")).status == 200

    web.runs(scenario)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/static/../style.css", 404),
        ("DELETE", "/messages", 405),
        ("POST", "/", 405),
        ("PUT", "/login", 405),
    ],
)
def test_errors_are_pages_in_the_reader_s_language(
    web: Web, method: str, path: str, status: int
) -> None:
    async def scenario() -> None:
        answer = await web.ask(method, path, Accept_Language="es")
        assert answer.status == status
        assert "<h1>No funcionó</h1>" in answer.text

    web.runs(scenario)


def test_what_goes_wrong_inside_is_one_line_in_the_log(
    web: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Office, user: str) -> list[Any]:
        raise ZeroDivisionError("a mistake of ours")

    async def scenario() -> None:
        await web.log_in()
        monkeypatch.setattr(Office, "messages", broken)
        answer = await web.ask("GET", "/messages")
        assert answer.status == 500
        assert "ZeroDivisionError" not in answer.text

    web.runs(scenario)
    assert "portal: messages failed: ZeroDivisionError: a mistake of ours" in caplog.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"user=" + b"x" * forms.LARGEST, "application/x-www-form-urlencoded", 413),
        (b"user=%ff", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=1"] * 50), "application/x-www-form-urlencoded", 400),
        (b'{"user": "101"}', "application/json", 400),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 400),
    ],
)
def test_what_is_no_form_is_refused(web: Web, body: bytes, kind: str, status: int) -> None:
    async def scenario() -> None:
        answer = await web.ask("POST", "/login", body, Content_Type=kind)
        assert answer.status == status

    web.runs(scenario)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 3000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX\x00Y: z\r\n\r\n",
        b"GET http://evil.example:x/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //evil.example/%2f%2e%2e HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"INVITE sip:101@pbx SIP/2.0\r\nVia: SIP/2.0/TLS a\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_nobody_else_notices(web: Web, octets: bytes) -> None:
    async def scenario() -> None:
        answer = await web.raw(octets)
        assert not answer or answer[9:12] in (b"400", b"404", b"405", b"505"), answer[:80]
        assert b"Traceback" not in answer
        assert (await web.ask("GET", "/login")).status == 200

    web.runs(scenario)


@pytest.mark.parametrize("cookie", [b"__Host-session", b"__Host-browser"])
@pytest.mark.parametrize("word", [b"caf\xff", b"a\xce\xce", b'"\\377"', "ä".encode()])
def test_a_cookie_that_cannot_be_of_us_is_none(
    web: Web, caplog: pytest.LogCaptureFixture, cookie: bytes, word: bytes
) -> None:
    head = b"Host: pbx.example.com\r\nConnection: close\r\nCookie: %s=%s\r\n\r\n" % (cookie, word)

    async def scenario() -> None:
        login = await web.raw(b"GET /login HTTP/1.1\r\n" + head)
        assert login.startswith(b"HTTP/1.1 200 ")
        assert word not in login
        messages = await web.raw(b"GET /messages HTTP/1.1\r\n" + head)
        assert messages.startswith(b"HTTP/1.1 303 ")

    web.runs(scenario)
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_who_is_slow_with_a_request_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ASKING", 0.2)
    monkeypatch.setattr(door, "LOOK", 0.05)

    async def scenario() -> None:
        silent = web.raw(b"")
        slow = web.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        async with asyncio.timeout(5):
            assert not any(await asyncio.gather(silent, slow))
        assert (await web.ask("GET", "/login")).status == 200

    web.runs(scenario)


def test_who_is_slow_with_a_form_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softswitch.web.desk.READING", 0.1)
    head = (
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nuser="
    )

    async def scenario() -> None:
        async with asyncio.timeout(5):
            assert (await web.raw(head))[9:12] == b"400"

    web.runs(scenario)


def test_who_takes_no_answer_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "ANSWERING", 0.3)
    monkeypatch.setattr(door, "LOOK", 0.05)
    message = web.leave()

    async def long(path: str, kilobits: int) -> bytes:
        return bytes(12_000_000)

    monkeypatch.setattr(web, "mp3", long)

    async def scenario() -> None:
        await web.log_in()
        reader, writer = await web.connect()
        cookie = "; ".join(f"{key}={value}" for key, value in web.cookies.items())
        path = f"/messages/{message.id}/sound"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.8)  # reads nothing
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError, ssl.SSLError)):
            await reader.readexactly(12_000_000)
        gone(writer)
        assert (await web.ask("GET", "/messages")).status == 200

    web.runs(scenario)


def test_browsers_may_ask_again_on_one_connection(web: Web) -> None:
    async def scenario() -> None:
        reader, writer = await web.connect()
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"303 See Other" in await reader.readuntil(b"\r\n\r\n")
        gone(writer)

    web.runs(scenario)


def test_what_is_no_tls_is_no_news(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HANDSHAKE", 0.2)

    async def scenario() -> None:
        for octets in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00" * 100, b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
            writer.write(octets)
            async with asyncio.timeout(5):
                with contextlib.suppress(ConnectionError):
                    await reader.read()
            gone(writer)
        assert (await web.ask("GET", "/login")).status == 200

    web.runs(scenario)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_not_spoken(web: Web, version: ssl.TLSVersion) -> None:
    async def scenario() -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.set_ciphers("DEFAULT:@SECLEVEL=0")
        tls.minimum_version = tls.maximum_version = version
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", web.port, ssl=tls)

    web.runs(scenario)


@pytest.mark.parametrize("name", ["MOST", "MOST_EACH"])
def test_strangers_who_hold_connections_keep_nobody_out(
    web: Web, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(crowd, name, 5)

    async def scenario() -> None:
        kept, asks = await web.connect()
        asks.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"303" in await kept.readuntil(b"\r\n\r\n")
        stalled = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(20)]
        silent = [await web.connect() for _ in range(8)]
        assert (await web.ask("GET", "/login")).status == 200
        asks.write(b"GET /login HTTP/1.1\r\nHost: a\r\n\r\n")  # who has asked is not sent away
        assert b"200" in await kept.readuntil(b"\r\n\r\n")
        for _, writer in (*stalled, *silent, (kept, asks)):
            gone(writer)

    web.runs(scenario)


def test_when_all_have_asked_for_something_the_next_one_has_to_wait(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_EACH", 3)

    async def scenario() -> None:
        held = [await web.connect() for _ in range(3)]
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await web.connect()
        gone(held.pop()[1])
        await asyncio.sleep(0.05)
        assert (await web.ask("GET", "/login")).status == 200
        for _, writer in held:
            gone(writer)

    web.runs(scenario)


def test_a_stop_does_not_wait_for_browsers(web: Web) -> None:
    async def scenario() -> None:
        web.held = [(await web.connect())[1] for _ in range(3)]
        web.held[0].write(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        await asyncio.sleep(0.05)

    begin = time.monotonic()
    web.runs(scenario)
    assert time.monotonic() - begin < 3.0
